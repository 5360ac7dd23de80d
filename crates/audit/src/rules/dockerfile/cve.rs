//! IM006 cve.

use crate::rule::declare_rule;

declare_rule! {
    /// An image has known vulnerabilities.
    ///
    /// Files don't say it, so the rule never runs: it is listed as not run. Run Trivy or Grype on the image; CI001 and CI002 check that a pipeline does.
    ///
    /// ## Why
    /// Programs to use them are public.
    ///
    /// ## Example
    /// Known vulnerabilities are found by a scanner that has the image.
    ///
    /// ## Use instead
    /// A scan in the pipeline that fails; see CI001.
    pub(crate) static RULE = {
        id: "IM006", slug: "cve", control: TrustedImages, severity: P1,
        seed: "5.2, 11.2, 23.5",
        aliases: ["trivy:image", "dockle:CIS-DI-0004", "kubescape:C-0083", "kubescape:C-0084", "kubescape:C-0085"],
        effort: 30,
        check: NotRun("known vulnerabilities are found by a scanner that has the image"),
    }
}
