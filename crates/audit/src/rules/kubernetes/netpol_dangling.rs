//! KN002 netpol-dangling.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A network policy selects no pod of the manifests.
    ///
    /// ## Why
    /// It restricts nothing, and the pods that it was meant for are open.
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
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: { matchLabels: { app: wob } }
    ///   policyTypes: [Ingress]
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
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: { matchLabels: { app: web } }
    ///   policyTypes: [Ingress]
    /// ```
    pub(crate) static RULE = {
        id: "KN002", slug: "netpol-dangling", control: NetworkIsolation, severity: P2,
        aliases: ["kube-linter:dangling-networkpolicy", "kube-linter:dangling-networkpolicypeer-podselector", "kube-score:networkpolicy-targets-pod", "kubescape:C-0299", "kyverno:restrict-networkpolicy-empty-podselector"],
        effort: 10,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        let message = format!("`{}`: {}", object.reference(), relation.message);
        findings.report(relation.span, message).help("write the labels of the pods that it is for");
    }
}
