//! KW065 sts-service.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A StatefulSet's governing Service is not among the manifests, where others are.
    ///
    /// ## Why
    /// Its pods then have no names of their own in DNS.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: web }
    /// spec:
    ///   serviceName: pods
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: acme/web:1.4 }]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ port: 80 }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: web }
    /// spec:
    ///   serviceName: web
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: acme/web:1.4 }]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ port: 80 }]
    /// ```
    pub(crate) static RULE = {
        id: "KW065", slug: "sts-service", control: Addressing, severity: P2,
        aliases: ["kube-score:statefulset-has-servicename"],
        effort: 10,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        let message = format!("`{}`: {}", object.reference(), relation.message);
        findings.report(relation.span, message).help("add a headless Service of that name");
    }
}
