//! KW077 cve-exposed.

use crate::rule::declare_rule;

declare_rule! {
    /// A workload with known vulnerabilities can be reached from outside of the cluster.
    ///
    /// Files don't say it, so the rule never runs: it is listed as not run. What is reachable from outside is checked by KN005 and KN006.
    ///
    /// ## Why
    /// That is where an attack begins.
    ///
    /// ## Example
    /// Known vulnerabilities are found by a scanner that has the image.
    ///
    /// ## Use instead
    /// A scan of the images, and no Service of the type `LoadBalancer` or `NodePort` for what it finds.
    pub(crate) static RULE = {
        id: "KW077", slug: "cve-exposed", control: TrustedImages, severity: P1,
        aliases: ["kubescape:C-0083", "kubescape:C-0084", "kubescape:C-0085"],
        effort: 30,
        check: NotRun("known vulnerabilities are found by a scanner that has the image"),
    }
}
