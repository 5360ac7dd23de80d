//! KW051 anti-affinity.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Nothing keeps the pods of a workload apart.
    ///
    /// The scheduler spreads pods where it can, and no rule says that it must.
    ///
    /// ## Why
    /// With all pods on one node, several are worth as much as one.
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
    ///       topologySpreadConstraints:
    ///         - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { app: web } } }
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW051", slug: "anti-affinity", control: Scaling, severity: P3,
        aliases: ["kube-linter:no-anti-affinity", "kube-score:deployment-has-host-podantiaffinity", "kube-score:statefulset-has-host-podantiaffinity", "kube-score:pod-topology-spread-constraints", "polaris:topologySpreadConstraint", "kyverno:create-pod-antiaffinity", "kyverno:topologyspreadconstraints-policy", "datree:83", "datree:84"],
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.least_replicas().is_none_or(|replicas| replicas < 2) {
        return findings.not_applicable();
    }
    let is_apart = workload.pod.at(&["affinity", "podAntiAffinity"]).is_some();
    if !is_apart && workload.pod.items("topologySpreadConstraints").is_empty() {
        let message = format!("nothing keeps the pods of `{}` apart", workload.object().reference());
        findings.report(workload.pod_span(), message).help("add `topologySpreadConstraints` over `kubernetes.io/hostname`");
    }
}
