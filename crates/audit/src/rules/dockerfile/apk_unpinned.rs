//! DF022 apk-unpinned.

use crate::context::{Install, Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Packages are installed with `apk` without a version.
    ///
    /// ## Why
    /// The same Dockerfile gives another image each month, and nobody sees which package broke it.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM alpine:3.22
    /// RUN apk add --no-cache curl
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM alpine:3.22
    /// RUN apk add --no-cache curl=~8.14
    /// ```
    pub(crate) static RULE = {
        id: "DF022", slug: "apk-unpinned", control: PinnedVersions, severity: P3,
        seed: "12.1",
        aliases: ["hadolint:DL3018"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for (_, install) in stage.installs_with(&[Manager::Apk]) {
        is_there = true;
        let unpinned = install.unpinned();
        if unpinned.is_empty() {
            continue;
        }
        findings
            .report(install.command.span(), format!("{} without a version", Install::names(&unpinned)))
            .severity(stage.grade(RULE.severity))
            .help("write `NAME=~VERSION`");
    }
    if !is_there {
        findings.not_applicable();
    }
}
