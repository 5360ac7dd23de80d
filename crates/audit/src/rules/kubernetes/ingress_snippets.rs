//! KN011 ingress-snippets.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An Ingress brings pieces of nginx's configuration.
    ///
    /// ## Why
    /// A snippet runs in the shared controller: with it a tenant reads the secrets of all others (CVE-2021-25742).
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web, annotations: { nginx.ingress.kubernetes.io/configuration-snippet: "more_set_headers X" } }
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
    ///   rules:
    ///     - host: shop.example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// ```
    pub(crate) static RULE = {
        id: "KN011", slug: "ingress-snippets", control: WebServerSecurity, severity: P1,
        aliases: ["checkov:CKV_152–154", "kubescape:C-0059", "kubescape:C-0292", "datree:31", "datree:32", "trivy:KCV-0093"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(annotations) = object.root().at(&["metadata", "annotations"]).and_then(Node::as_map).filter(|_| object.kind() == "Ingress")
    else {
        return findings.not_applicable();
    };
    for key in annotations.keys().filter(|key| key.name().starts_with("nginx.ingress.kubernetes.io/") && key.name().ends_with("-snippet")) {
        let message = format!("Ingress `{}` brings a snippet of configuration", object.name());
        findings.report(key.span, message).help("use the controller's other annotations, or its own configuration");
    }
}
