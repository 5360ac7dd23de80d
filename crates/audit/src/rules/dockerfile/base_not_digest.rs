//! DF009 base-not-digest.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The base image is not pinned by its digest.
    ///
    /// ## Why
    /// A tag may be moved to other content; a digest is the content.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000
    /// ```
    pub(crate) static RULE = {
        id: "DF009", slug: "base-not-digest", control: PinnedVersions, severity: P3,
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(base) = stage.base().filter(|_| stage.is_in_shipped_chain()) else { return findings.not_applicable() };
    if base.digest().is_none() && !base.is_latest() {
        findings
            .report(stage.from.image.span, format!("`{base}` is not pinned by its digest"))
            .help("add `@sha256:…`, and let a bot keep it up to date");
    }
}
