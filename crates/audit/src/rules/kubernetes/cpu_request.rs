//! KW011 cpu-request.

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container asks for no CPU.
    ///
    /// ## Why
    /// The scheduler counts it as nothing and puts any number of such pods on one node, where they slow each other down.
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
    ///           resources: { requests: { memory: 128Mi } }
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
    ///           resources: { requests: { cpu: 100m } }
    /// ```
    pub(crate) static RULE = {
        id: "KW011", slug: "cpu-request", control: ResourceLimits, severity: P2,
        seed: "2.2",
        aliases: ["kube-linter:unset-cpu-requirements", "kube-score:container-resources", "polaris:cpuRequestsMissing", "kubescape:C-0268", "kubescape:C-0050", "kyverno:require-pod-requests-limits", "checkov:CKV_K8S_10", "trivy:KSV-0015", "kubesec:RequestsCPU", "datree:3"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    // A limit alone is the request too.
    let is_given = container.resource("requests", "cpu").is_some() || container.resource("limits", "cpu").is_some();
    if !is_given && container.is_long_running() {
        let message = format!("container `{}` asks for no CPU", container.name());
        findings.report(container.name_span(), message).help("add `resources.requests.cpu`");
    }
}
