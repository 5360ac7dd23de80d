//! KW057 hpa-and-replicas.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A workload has a number of replicas, and an autoscaler that counts them.
    ///
    /// ## Why
    /// Each time that the manifest is applied, the number goes back to what is written, whatever the load.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 2
    ///   maxReplicas: 6
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
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 2
    ///   maxReplicas: 6
    /// ```
    pub(crate) static RULE = {
        id: "KW057", slug: "hpa-and-replicas", control: Scaling, severity: P2,
        aliases: ["kube-score:deployment-targeted-by-hpa-does-not-have-replicas-configured"],
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let Some(scaler) = workload.autoscaler() else { return findings.not_applicable() };
    if let Some(replicas) = workload.object().root().at(&["spec", "replicas"]) {
        findings
            .report(replicas.span(), format!("`{}` has a number of replicas, and `{}`", workload.object().reference(), scaler.reference()))
            .related(scaler.name_span(), "counts them")
            .help("leave `replicas` out");
    }
}
