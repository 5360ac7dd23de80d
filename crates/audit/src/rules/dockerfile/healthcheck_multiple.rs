//! DF002 healthcheck-multiple.

use windlass_dockerfile::{Command, Instruction};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A stage has several `HEALTHCHECK` instructions; only the last one counts.
    ///
    /// ## Why
    /// Who reads the first one believes in a check that never runs.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM alpine:3.22
    /// HEALTHCHECK CMD wget -qO /dev/null http://127.0.0.1/a
    /// HEALTHCHECK CMD wget -qO /dev/null http://127.0.0.1/b
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM alpine:3.22
    /// HEALTHCHECK CMD wget -qO /dev/null http://127.0.0.1/b
    /// ```
    pub(crate) static RULE = {
        id: "DF002", slug: "healthcheck-multiple", control: ServiceHealth, severity: P2,
        aliases: ["hadolint:DL3012", "trivy:DS-0023", "buildkit:MultipleInstructionsDisallowed"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let checks: Vec<&Instruction> =
        stage.body().iter().filter(|instruction| matches!(instruction.command, Command::Healthcheck(_))).collect();
    let Some((last, earlier)) = checks.split_last() else { return findings.not_applicable() };
    for check in earlier {
        findings
            .report(check.span, "this `HEALTHCHECK` never runs: a later one of the stage replaces it")
            .related(last.span, "this one counts")
            .help("remove it")
            .fix("remove the instruction", stage.dockerfile().without(check));
    }
}
