//! KW014 memory-limit.

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container may take all memory of its node.
    ///
    /// ## Why
    /// A leak in one container takes the other pods of the node with it.
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
    ///           resources: { limits: { memory: 256Mi } }
    /// ```
    pub(crate) static RULE = {
        id: "KW014", slug: "memory-limit", control: ResourceLimits, severity: P1,
        seed: "5.1",
        aliases: ["kube-linter:unset-memory-requirements", "polaris:memoryLimitsMissing", "kubescape:C-0271", "kubescape:C-0004", "kubescape:C-0009", "checkov:CKV_K8S_13", "trivy:KSV-0018", "datree:4"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let is_given = container.resource("limits", "memory").is_some();
    if !is_given && container.is_long_running() {
        let message = format!("container `{}` has no limit of memory", container.name());
        findings.report(container.name_span(), message).help("add `resources.limits.memory`");
    }
}
