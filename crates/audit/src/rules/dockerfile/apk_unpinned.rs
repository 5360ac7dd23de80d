//! DF022 apk-unpinned.

use crate::context::{Manager, StageContext};
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
    super::unpinned(stage, &[Manager::Apk], "write `NAME=~VERSION`", findings);
}
