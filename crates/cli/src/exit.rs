//! What the exit code says.

use std::process::ExitCode;

/// The result of a command, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// 0: done, and nothing at or above the gate.
    Done,
    /// 3: something was not understood and so not checked.
    Partial,
    /// 1: findings at or above the gate, or `--check` found a difference.
    Findings,
    /// 2: the command line, a configuration or an input is wrong.
    Invalid,
}

impl Exit {
    /// Both: the worse one counts.
    pub(crate) fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Partial => Self::from(3),
            Exit::Findings => Self::from(1),
            Exit::Invalid => Self::from(2),
        }
    }
}
