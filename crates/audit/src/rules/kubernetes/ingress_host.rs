//! KN010 ingress-host.

use windlass_k8s::view::Fields as _;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A route of an Ingress has no host, or any.
    ///
    /// ## Why
    /// It takes requests for names that belong to others.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   tls: [{ hosts: [example.com], secretName: web-tls }]
    ///   rules:
    ///     - http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   tls: [{ hosts: [example.com], secretName: web-tls }]
    ///   rules:
    ///     - host: example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// ```
    pub(crate) static RULE = {
        id: "KN010", slug: "ingress-host", control: Addressing, severity: P3,
        aliases: ["kyverno:disallow-empty-ingress-host", "kyverno:restrict-ingress-wildcard", "datree:6"],
        effort: 10,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    if object.kind() != "Ingress" {
        return findings.not_applicable();
    }
    for rule in object.root().field("spec").map(|spec| spec.items("rules")).unwrap_or_default() {
        let host = rule.text("host").unwrap_or_default();
        if host.is_empty() || host == "*" {
            findings.report(rule.span(), format!("`{}` answers to every host", object.reference())).help("name the host: `host`");
        }
    }
}
