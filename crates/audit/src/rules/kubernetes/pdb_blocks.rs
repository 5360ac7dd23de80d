//! KW053 pdb-blocks.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A disruption budget lets no pod go.
    ///
    /// ## Why
    /// No node with such a pod can be drained, so upgrades of the cluster hang.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 2
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
    ///   minAvailable: 2
    ///   selector: { matchLabels: { app: web } }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 2
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
    ///   minAvailable: 1
    ///   selector: { matchLabels: { app: web } }
    /// ```
    pub(crate) static RULE = {
        id: "KW053", slug: "pdb-blocks", control: Updates, severity: P1,
        aliases: ["kube-linter:pdb-max-unavailable", "kube-linter:pdb-min-available", "polaris:pdbDisruptionsIsZero", "kyverno:pdb-minavailable", "kyverno:deployment-replicas-higher-than-pdb", "kyverno:pdb-maxunavailable-with-deployments"],
        effort: 10,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        let message = format!("`{}`: {}", object.reference(), relation.message);
        findings.report(relation.span, message).help("leave at least one pod that may go");
    }
}
