//! KN009 ingress-tls.

use windlass_k8s::view::Fields as _;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An Ingress serves without TLS.
    ///
    /// ## Why
    /// Passwords and cookies cross the network in the clear, and anybody on the way can change what arrives.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - host: shop.example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   tls: [{ hosts: [shop.example.com], secretName: shop-tls }]
    ///   rules:
    ///     - host: shop.example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// ```
    pub(crate) static RULE = {
        id: "KN009", slug: "ingress-tls", control: Tls, severity: P2,
        seed: "17.1",
        aliases: ["polaris:tlsSettingsMissing", "kubescape:C-0263", "kyverno:require-ingress-https", "kyverno:ingress-host-match-tls"],
        effort: 20,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    if object.kind() != "Ingress" {
        return findings.not_applicable();
    }
    if object.root().at(&["spec"]).is_some_and(|spec| spec.items("tls").is_empty()) {
        let message = format!("Ingress `{}` has no TLS", object.name());
        findings.report(object.name_span(), message).help("add `tls:` with the hosts and a Secret");
    }
}
