//! KW048 env-ref-missing.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container takes variables from a ConfigMap or Secret that is not among the manifests, where others are.
    ///
    /// ## Why
    /// Until it is there the container does not start.
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
    ///           envFrom: [{ configMapRef: { name: web } }]
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: other }
    /// data: { MODE: fast }
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
    ///           envFrom: [{ configMapRef: { name: web } }]
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data: { MODE: fast }
    /// ```
    pub(crate) static RULE = {
        id: "KW048", slug: "env-ref-missing", control: Variables, severity: P2,
        aliases: ["kube-linter:env-value-from"],
        effort: 5,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        let message = format!("`{}`: {}", object.reference(), relation.message);
        findings.report(relation.span, message).help("add it, correct its name, or say `optional: true`");
    }
}
