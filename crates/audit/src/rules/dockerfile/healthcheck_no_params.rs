//! DF003 healthcheck-no-params.

use windlass_dockerfile::{Command, Healthcheck};
use windlass_source::{Edit, Span};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `HEALTHCHECK` leaves its times to Docker: a check each 30 s, which may take 30 s.
    ///
    /// ## Why
    /// A container counts as unhealthy only after a minute and a half of failures, and a slow start counts as one.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM alpine:3.22
    /// HEALTHCHECK CMD wget -qO /dev/null http://127.0.0.1/
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM alpine:3.22
    /// HEALTHCHECK --interval=15s --timeout=3s --start-period=30s --retries=3 CMD wget -qO /dev/null http://127.0.0.1/
    /// ```
    pub(crate) static RULE = {
        id: "DF003", slug: "healthcheck-no-params", control: ServiceHealth, severity: P3,
        seed: "1.1, 7.3",
        fix: Suggest,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(check) = stage.last(|command| matches!(command, Command::Healthcheck(Healthcheck::Check { .. }))) else {
        return findings.not_applicable();
    };
    if check.flag("interval").is_none() && check.flag("timeout").is_none() {
        let after = Span { start: check.keyword.span.end, ..check.keyword.span };
        let times = " --interval=30s --timeout=5s --start-period=30s --retries=3";
        findings
            .report(check.keyword.span, "`HEALTHCHECK` without `--interval` and `--timeout`")
            .help("say how often, how long, and how long the start may take")
            .suggest("add the times", Edit { span: Span { end: after.start, ..after }, replacement: times.to_owned() });
    }
}
