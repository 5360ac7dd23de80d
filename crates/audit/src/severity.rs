//! How much a finding matters.

use std::fmt;

/// How much a finding matters. The first is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Must be repaired before production: it breaks availability, leaks data, gives root, or will be refused or crash.
    P1,
    /// Should be repaired.
    P2,
    /// Nice to have.
    P3,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Self; 3] = [Self::P1, Self::P2, Self::P3];

    /// `P1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
        }
    }

    /// The severity that a text names; case does not count.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str().eq_ignore_ascii_case(text))
    }

    /// The next lower one; P3 stays.
    pub fn lower(self) -> Self {
        match self {
            Self::P1 => Self::P2,
            Self::P2 | Self::P3 => Self::P3,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A severity that the context decided, with the reason that people are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    /// The severity.
    pub severity: Severity,
    /// Why it is not the rule's own: "the stack is for development (`APP_ENV` is `local`)". `None` when nothing changed.
    pub because: Option<String>,
}

impl Grade {
    /// A severity with its reason.
    pub fn new(severity: Severity, because: impl Into<String>) -> Self {
        Self { severity, because: Some(because.into()) }
    }
}

impl From<Severity> for Grade {
    fn from(severity: Severity) -> Self {
        Self { severity, because: None }
    }
}
