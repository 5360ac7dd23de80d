//! KW005 liveness-missing.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container that serves has no liveness probe.
    ///
    /// ## Why
    /// A process that hangs stays in the pod until somebody looks; the kubelet restarts only what ends or fails its probe.
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
    ///           livenessProbe: { httpGet: { path: /live, port: 8080 } }
    /// ```
    pub(crate) static RULE = {
        id: "KW005", slug: "liveness-missing", control: ServiceHealth, severity: P2,
        seed: "8.3, 14.3",
        aliases: ["kube-linter:no-liveness-probe", "kube-score:pod-probes", "polaris:livenessProbeMissing", "kubescape:C-0056", "kyverno:require-probes", "checkov:CKV_K8S_8", "datree:11"],
        effort: 15,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if !container.serves() {
        return findings.exempt("it ends by itself");
    }
    if container.node().field("livenessProbe").is_none() {
        let message = format!("container `{}` has no liveness probe", container.name());
        findings.report(container.name_span(), message).help("add `livenessProbe:` with a check that fails only when a restart helps");
    }
}
