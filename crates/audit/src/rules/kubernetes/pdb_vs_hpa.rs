//! KW058 pdb-vs-hpa.

use windlass_k8s::view::{Fields as _, int};

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A PodDisruptionBudget wants as many pods as the autoscaler keeps at least.
    ///
    /// ## Why
    /// In a quiet hour no pod may go, and no node with one of them can be drained.
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
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 2
    ///   maxReplicas: 6
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec:
    ///   minAvailable: 2
    ///   selector: { matchLabels: { app: web } }
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
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec:
    ///   minAvailable: 1
    ///   selector: { matchLabels: { app: web } }
    /// ```
    pub(crate) static RULE = {
        id: "KW058", slug: "pdb-vs-hpa", control: Updates, severity: P2,
        aliases: ["polaris:pdbMinAvailableGreaterThanHPAMinReplicas"],
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let Some(scaler) = workload.autoscaler() else { return findings.not_applicable() };
    let least = workload.least_replicas().unwrap_or(1);
    for budget in workload.selected_by("PodDisruptionBudget") {
        let Some(wanted) = budget.root().at(&["spec", "minAvailable"]) else { continue };
        if int(wanted).is_some_and(|wanted| wanted >= least) {
            findings
                .report(wanted.span(), format!("`{}` lets no pod go when `{}` keeps {least}", budget.reference(), scaler.reference()))
                .related(scaler.name_span(), "goes down to as many")
                .help("write `maxUnavailable: 1` instead");
        }
    }
}
