//! DF021 apt-unpinned.

use crate::context::{Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Packages are installed with `apt-get` without a version.
    ///
    /// Packages from a file, of a named release (`-t`), and names that a variable gives are left alone.
    ///
    /// ## Why
    /// The same Dockerfile gives another image each month, and nobody sees which package broke it.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl=8.14.* && rm -rf /var/lib/apt/lists/*
    /// ```
    pub(crate) static RULE = {
        id: "DF021", slug: "apt-unpinned", control: PinnedVersions, severity: P3,
        seed: "1.2, 12.1, 22.1",
        aliases: ["hadolint:DL3008"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    super::unpinned(
        stage,
        &[Manager::Apt],
        "write `NAME=VERSION`; a base image pinned by digest and rebuilt on a schedule does as well",
        findings,
    );
}
