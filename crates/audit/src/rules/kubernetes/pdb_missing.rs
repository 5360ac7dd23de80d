//! KW052 pdb-missing.

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A workload of several pods has no PodDisruptionBudget.
    ///
    /// ## Why
    /// Whoever drains nodes may then end all of its pods at once.
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
    /// ```
    /// ## Use instead
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
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec:
    ///   maxUnavailable: 1
    ///   selector: { matchLabels: { app: web } }
    /// ```
    pub(crate) static RULE = {
        id: "KW052", slug: "pdb-missing", control: Updates, severity: P2,
        seed: "17.2",
        aliases: ["kube-score:deployment-has-poddisruptionbudget", "kube-score:statefulset-has-poddisruptionbudget", "polaris:missingPodDisruptionBudget", "kyverno:require-pdb"],
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.least_replicas().is_none_or(|replicas| replicas < 2) {
        return findings.not_applicable();
    }
    if workload.selected_by("PodDisruptionBudget").next().is_none() {
        let message = format!("no PodDisruptionBudget covers `{}`", workload.object().reference());
        findings.report(workload.object().name_span(), message).help("add one with `maxUnavailable: 1`");
    }
}
