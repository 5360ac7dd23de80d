//! KN008 ingress-dangling.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An Ingress leads to a Service or a port that is not among the manifests.
    ///
    /// ## Why
    /// The controller answers such a path with an error.
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
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ port: 80 }]
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   tls: [{ hosts: [example.com], secretName: web-tls }]
    ///   rules:
    ///     - host: example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: wob, port: { number: 80 } } } }] }
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
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ port: 80 }]
    /// ---
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
        id: "KN008", slug: "ingress-dangling", control: KubernetesReadiness, severity: P1,
        aliases: ["kube-linter:dangling-ingress", "kube-score:ingress-targets-service", "kubescape:C-0298", "kubescape:C-0302"],
        effort: 10,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        let message = format!("`{}`: {}", object.reference(), relation.message);
        findings.report(relation.span, message).help("name a Service of these manifests and one of its ports");
    }
}
