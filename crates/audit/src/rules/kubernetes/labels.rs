//! KW062 labels.

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The pods have none of the recommended labels: no `app.kubernetes.io/name`.
    ///
    /// Any set of labels works, so the rule runs when it is named.
    ///
    /// ## Why
    /// Tools and people find by them what belongs together, whoever wrote it.
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
    ///   selector: { matchLabels: { app.kubernetes.io/name: web } }
    ///   template:
    ///     metadata: { labels: { app.kubernetes.io/name: web } }
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW062", slug: "labels", control: KubernetesReadiness, severity: P3,
        aliases: ["kube-linter:required-label-owner", "polaris:metadataAndInstanceMismatched", "kubescape:C-0076", "kubescape:C-0077", "kyverno:require-labels", "datree:21", "datree:22"],
        optional: true,
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.label("app.kubernetes.io/name").is_none() {
        let message = format!("the pods of `{}` have no label `app.kubernetes.io/name`", workload.object().reference());
        findings.report(workload.object().name_span(), message).help("add `app.kubernetes.io/name` and `app.kubernetes.io/part-of`");
    }
}
