//! KW042 sa-missing.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod runs as a service account that is not among the manifests, where others are.
    ///
    /// ## Why
    /// Until the account is there no pod is created.
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
    ///       serviceAccountName: web
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ---
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: other }
    /// automountServiceAccountToken: false
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
    ///       serviceAccountName: web
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ---
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: web }
    /// automountServiceAccountToken: false
    /// ```
    pub(crate) static RULE = {
        id: "KW042", slug: "sa-missing", control: Rbac, severity: P2,
        aliases: ["kube-linter:non-existent-service-account", "kubescape:C-0307", "kyverno:check-serviceaccount"],
        effort: 5,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        let message = format!("`{}`: {}", object.reference(), relation.message);
        findings.report(relation.span, message).help("add the account, or correct its name");
    }
}
