//! KW006 readiness-missing.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A container behind a Service has no readiness probe.
    ///
    /// ## Why
    /// Without one a pod gets requests the moment its process starts, and keeps getting them while it can't answer. A container that no Service selects counts less.
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
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
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
    ///           readinessProbe: { httpGet: { path: /ready, port: 8080 } }
    /// ```
    pub(crate) static RULE = {
        id: "KW006", slug: "readiness-missing", control: ServiceHealth, severity: P1,
        seed: "8.3",
        aliases: ["kube-linter:no-readiness-probe", "kube-score:pod-probes", "polaris:readinessProbeMissing", "kubescape:C-0018", "kyverno:require-probes", "checkov:CKV_K8S_9", "datree:12"],
        effort: 15,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if !container.serves() {
        return findings.exempt("it ends by itself");
    }
    if container.node().field("readinessProbe").is_some() {
        return;
    }
    let message = format!("container `{}` has no readiness probe", container.name());
    let is_selected = container.workload().services().next().is_some();
    let finding = findings.report(container.name_span(), message).help("add `readinessProbe:` with a check that says when it can answer");
    if !is_selected {
        finding.severity(Grade::new(Severity::P2, "no Service among the manifests selects its pods"));
    }
}
