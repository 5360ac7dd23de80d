//! KN012 ingress-duplicate.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Two rules of Ingresses have the same host and path.
    ///
    /// ## Why
    /// Only one of them gets the requests. Which one depends on the controller, or on which object is older.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - host: shop.example
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend: { service: { name: web, port: { number: 80 } } }
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: api }
    /// spec:
    ///   rules:
    ///     - host: shop.example
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend: { service: { name: api, port: { number: 80 } } }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - host: shop.example
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend: { service: { name: web, port: { number: 80 } } }
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: api }
    /// spec:
    ///   rules:
    ///     - host: shop.example
    ///       http:
    ///         paths:
    ///           - path: /api
    ///             pathType: Prefix
    ///             backend: { service: { name: api, port: { number: 80 } } }
    /// ```
    pub(crate) static RULE = {
        id: "KN012", slug: "ingress-duplicate", control: KubernetesReadiness, severity: P1,
        aliases: ["kyverno:unique-ingress-host-and-path"],
        effort: 15,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        findings
            .report(relation.span, format!("`{}`: {}", object.reference(), relation.message))
            .related(relation.related, "the first one")
            .help("leave one of them out");
    }
}
