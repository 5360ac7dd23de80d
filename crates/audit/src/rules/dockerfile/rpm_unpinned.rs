//! DF026 rpm-unpinned.

use crate::context::{Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Packages are installed with `yum`, `dnf` or `zypper` without a version.
    ///
    /// ## Why
    /// The same Dockerfile gives another image each month, and nobody sees which package broke it.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM rockylinux:9
    /// RUN dnf install -y nginx && dnf clean all
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM rockylinux:9
    /// RUN dnf install -y nginx-1.20.1 && dnf clean all
    /// ```
    pub(crate) static RULE = {
        id: "DF026", slug: "rpm-unpinned", control: PinnedVersions, severity: P3,
        seed: "12.1",
        aliases: ["hadolint:DL3033", "hadolint:DL3037", "hadolint:DL3041"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    super::unpinned(stage, &[Manager::Yum, Manager::Dnf, Manager::Zypper], "write `NAME-VERSION`, for zypper `NAME=VERSION`", findings);
}
