//! DF085 signed-artifacts.

use crate::rule::declare_rule;

declare_rule! {
    /// Images are neither signed nor verified when they are pulled.
    ///
    /// Files don't say it, so the rule never runs: it is listed as not run. What a Dockerfile says of packages and downloads is checked by DF068, DF069 and DF089.
    ///
    /// ## Why
    /// Whoever gets into the registry then decides what runs.
    ///
    /// ## Example
    /// Signatures are kept by the registry and verified by the cluster.
    ///
    /// ## Use instead
    /// Signatures by cosign, and a policy that verifies them.
    pub(crate) static RULE = {
        id: "DF085", slug: "signed-artifacts", control: PackageTrust, severity: P3,
        aliases: ["dockle:CIS-DI-0005", "dockle:CIS-DI-0011", "docker-bench:4.5", "docker-bench:4.11", "docker-bench:4.12"],
        effort: 30,
        check: NotRun("signatures are kept by the registry and verified by the cluster"),
    }
}
