//! DF047 cd-not-workdir.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `RUN cd` changes the directory for one instruction.
    ///
    /// ## Why
    /// The next `RUN` starts elsewhere; `WORKDIR` says it once, and for the process too.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN cd /app && make
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// WORKDIR /app
    /// RUN make
    /// ```
    pub(crate) static RULE = {
        id: "DF047", slug: "cd-not-workdir", control: WorkingDirectory, severity: P3,
        aliases: ["hadolint:DL3003", "trivy:DS-0013"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for run in stage.runs() {
        if let Some(command) = run.commands.iter().find(|command| command.program() == "cd" && command.words.len() > 1) {
            findings.report(command.span(), "`cd` changes the directory for this `RUN` only").help("write `WORKDIR` before it");
        }
    }
}
