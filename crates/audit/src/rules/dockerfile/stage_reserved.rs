//! DF074 stage-reserved.

use windlass_source::Edit;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A stage is called `scratch` or `context`, names that mean something else.
    ///
    /// ## Why
    /// `FROM scratch` is the empty image, whatever a stage is called.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim AS scratch
    /// RUN true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim AS base
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF074", slug: "stage-reserved", control: DockerfileSyntax, severity: P2,
        aliases: ["hadolint:DL3063", "buildkit:ReservedStageName"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(name) = &stage.from.name else { return findings.not_applicable() };
    if matches!(name.text.to_ascii_lowercase().as_str(), "scratch" | "context") {
        findings
            .report(name.span, format!("`{}` means something else", name.text))
            .help("give the stage another name")
            .fix("call it `base`", Edit { span: name.span, replacement: "base".to_owned() });
    }
}
