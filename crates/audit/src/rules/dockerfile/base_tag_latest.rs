//! DF008 base-tag-latest.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The base image has no tag, or `latest`.
    ///
    /// ## Why
    /// The next build is on another base, without a change in the repository.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian
    /// RUN true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF008", slug: "base-tag-latest", control: PinnedVersions, severity: P2,
        seed: "12.1",
        aliases: ["hadolint:DL3006", "hadolint:DL3007", "checkov:CKV_DOCKER_7", "trivy:DS-0001", "dockle:DKL-DI-0006"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(base) = stage.base() else { return findings.not_applicable() };
    if base.is_latest() {
        let what = if base.tag().is_some() { "the tag `latest`" } else { "no tag" };
        findings
            .report(stage.from.image.span, format!("`{}` has {what}", base.familiar_name()))
            .severity(stage.grade(RULE.severity))
            .help("name a version: `NAME:1.2.3`");
    }
}
