//! KN014 servicemonitor-dangling.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A ServiceMonitor selects no Service of the manifests.
    ///
    /// It selects by the labels of the Service itself, not by those of the pods.
    ///
    /// ## Why
    /// Prometheus collects nothing, and says nothing.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, labels: { app: wob } }
    /// spec: { selector: { app: web }, ports: [{ name: metrics, port: 9090 }] }
    /// ---
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: ServiceMonitor
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   endpoints: [{ port: metrics }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, labels: { app: web } }
    /// spec: { selector: { app: web }, ports: [{ name: metrics, port: 9090 }] }
    /// ---
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: ServiceMonitor
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   endpoints: [{ port: metrics }]
    /// ```
    pub(crate) static RULE = {
        id: "KN014", slug: "servicemonitor-dangling", control: Metrics, severity: P3,
        aliases: ["kube-linter:dangling-servicemonitor"],
        effort: 10,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for relation in object.relations(RULE.id) {
        let message = format!("`{}`: {}", object.reference(), relation.message);
        findings.report(relation.span, message).help("write the labels of the Service that it is for");
    }
}
