//! DF089 curl-pipe-sh.

use crate::context::{Connector, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A script from the network is piped into a shell.
    ///
    /// ## Why
    /// What runs in the build is whatever the server sends that day, half of it when the connection breaks.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN curl -fsSL https://example.com/install.sh | sh
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 https://example.com/install.sh /tmp/install.sh
    /// RUN sh /tmp/install.sh
    /// ```
    pub(crate) static RULE = {
        id: "DF089", slug: "curl-pipe-sh", control: PackageTrust, severity: P2,
        effort: 20,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for run in stage.runs() {
        for (at, command) in run.commands.iter().enumerate() {
            let is_shell =
                matches!(command.program(), "sh" | "bash" | "ash" | "dash" | "zsh" | "python" | "python3" | "perl" | "ruby" | "node");
            if command.connector != Connector::Pipe || !is_shell {
                continue;
            }
            let source = run.commands[..at].iter().rev().take(3).find(|command| matches!(command.program(), "curl" | "wget"));
            // `python -c` and the like read data there, not a program.
            if let Some(source) =
                source.filter(|_| !command.has_flag(&["-c", "-m", "-e", "-n"]) && !command.operands().any(|word| word.text.contains('.')))
            {
                findings
                    .report(source.span(), format!("what `{}` fetches is run by `{}` unseen", source.program(), command.program()))
                    .severity(stage.grade(RULE.severity))
                    .help("fetch it with a checksum (`ADD --checksum=…`), then run it");
            }
        }
    }
}
