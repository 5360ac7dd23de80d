//! KW013 memory-request.

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container asks for no memory.
    ///
    /// ## Why
    /// The scheduler counts it as nothing; when the node runs out of memory, its pods are among the first to be killed.
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
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           resources: { requests: { cpu: 100m } }
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
    ///           resources: { requests: { memory: 128Mi } }
    /// ```
    pub(crate) static RULE = {
        id: "KW013", slug: "memory-request", control: ResourceLimits, severity: P2,
        seed: "2.2",
        aliases: ["polaris:memoryRequestsMissing", "kubescape:C-0269", "checkov:CKV_K8S_12", "trivy:KSV-0016", "datree:2"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    // A limit alone is the request too.
    let is_given = container.resource("requests", "memory").is_some() || container.resource("limits", "memory").is_some();
    if !is_given && container.is_long_running() {
        let message = format!("container `{}` asks for no memory", container.name());
        findings.report(container.name_span(), message).help("add `resources.requests.memory`");
    }
}
