//! DF051 wget-and-curl.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Both `wget` and `curl` are used.
    ///
    /// ## Why
    /// One of them does all that is needed; the other is only more to install and to keep up to date.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN curl -fsSL https://example.com/a -o /a
    /// RUN wget -q https://example.com/b
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN curl -fsSL https://example.com/a -o /a && curl -fsSL https://example.com/b -o /b
    /// ```
    pub(crate) static RULE = {
        id: "DF051", slug: "wget-and-curl", control: PackageCaches, severity: P3,
        aliases: ["hadolint:DL4001", "trivy:DS-0014"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let first = |program: &str| {
        stage.commands().find(|command| {
            command.program() == program && command.arguments().iter().any(|word| word.text.contains("://") || word.has_variable)
        })
    };
    let (Some(curl), Some(wget)) = (first("curl"), first("wget")) else { return };
    findings.report(wget.span(), "`wget` is used beside `curl`").related(curl.span(), "`curl` is used here").help("use one of them");
}
