//! DF073 stage-dup.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Two stages have one name.
    ///
    /// ## Why
    /// `COPY --from` takes the last one before it: not always the one that was meant.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim AS build
    /// RUN true
    /// FROM debian:13-slim AS build
    /// RUN true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim AS build
    /// RUN true
    /// FROM debian:13-slim AS app
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF073", slug: "stage-dup", control: DockerfileSyntax, severity: P1,
        aliases: ["hadolint:DL3024", "checkov:CKV_DOCKER_11", "trivy:DS-0012", "buildkit:DuplicateStageName"],
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(name) = &stage.from.name else { return findings.not_applicable() };
    if let Some(other) = stage.dockerfile().stages().find(|other| other.index < stage.index && other.is_named(&name.text)) {
        findings
            .report(name.span, format!("a stage is called `{}` already", name.text))
            .related(other.from.name.as_ref().map(|name| name.span), "this one")
            .help("give it another name");
    }
}
