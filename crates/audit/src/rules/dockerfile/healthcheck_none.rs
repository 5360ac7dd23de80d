//! DF004 healthcheck-none.

use windlass_dockerfile::{Command, Healthcheck};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `HEALTHCHECK NONE` switches off the check that the base image brings.
    ///
    /// ## Why
    /// A hung server stays in service until somebody looks.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM alpine:3.22
    /// HEALTHCHECK NONE
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM alpine:3.22
    /// HEALTHCHECK --interval=15s --timeout=3s CMD wget -qO /dev/null http://127.0.0.1/
    /// ```
    pub(crate) static RULE = {
        id: "DF004", slug: "healthcheck-none", control: ServiceHealth, severity: P2,
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(check) = stage.last(|command| matches!(command, Command::Healthcheck(_))) else { return findings.not_applicable() };
    if matches!(check.command, Command::Healthcheck(Healthcheck::None)) && stage.is_in_shipped_chain() {
        findings
            .report(check.span, "`HEALTHCHECK NONE` switches off the image's check")
            .severity(stage.grade(RULE.severity))
            .help("write a check that fits");
    }
}
