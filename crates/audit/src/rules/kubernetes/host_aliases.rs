//! KW038 host-aliases.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod has host names of its own.
    ///
    /// ## Why
    /// `hostAliases` go past DNS: what moves is no longer found, and a name may be led elsewhere.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       hostAliases: [{ ip: 10.0.0.1, hostnames: [db] }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW038", slug: "host-aliases", control: Addressing, severity: P3,
        aliases: ["kubesec:HostAliases", "trivy:KSV-0007"],
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if let Some(node) = workload.pod.field("hostAliases") {
        let message = format!("`{}` has host names of its own", workload.object().reference());
        findings.report(node.span(), message).help("give the address a Service, or a name in DNS");
    }
}
