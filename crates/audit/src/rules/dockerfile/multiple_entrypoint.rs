//! DF059 multiple-entrypoint.

use windlass_dockerfile::{Command, Instruction};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A stage has several `ENTRYPOINT`; only the last one counts.
    ///
    /// ## Why
    /// Who reads the first one believes in a process that never starts.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ENTRYPOINT ["a"]
    /// ENTRYPOINT ["b"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ENTRYPOINT ["b"]
    /// ```
    pub(crate) static RULE = {
        id: "DF059", slug: "multiple-entrypoint", control: ProcessModel, severity: P1,
        aliases: ["hadolint:DL4004", "trivy:DS-0007", "buildkit:MultipleInstructionsDisallowed"],
        fix: Suggest,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let all: Vec<&Instruction> = stage.body().iter().filter(|instruction| matches!(instruction.command, Command::Entrypoint(_))).collect();
    let Some((last, earlier)) = all.split_last() else { return findings.not_applicable() };
    for instruction in earlier {
        findings
            .report(instruction.span, "this `ENTRYPOINT` is replaced by a later one")
            .related(last.span, "this one counts")
            .help("remove it")
            .suggest("remove the instruction", stage.dockerfile().without(instruction));
    }
}
