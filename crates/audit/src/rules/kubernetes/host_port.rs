//! KW033 host-port.

use windlass_k8s::view::{Fields as _, int};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container takes a port of its node.
    ///
    /// ## Why
    /// Only one pod of a node can have it, so the scheduler runs out of places, and the port is open to whoever reaches the node.
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
    ///           ports: [{ containerPort: 8080, hostPort: 8080 }]
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
    ///           ports: [{ containerPort: 8080 }]
    /// ```
    pub(crate) static RULE = {
        id: "KW033", slug: "host-port", control: PortExposure, severity: P2,
        aliases: ["polaris:hostPortSet", "kubescape:C-0044", "kyverno:disallow-host-ports", "checkov:CKV_K8S_26", "trivy:KSV-0024", "datree:50"],
        effort: 15,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    for port in container.node().items("ports") {
        if let Some(taken) = port.field("hostPort").filter(|taken| int(taken).is_some_and(|number| number != 0)) {
            let message = format!("container `{}` takes port {} of its node", container.name(), int(taken).unwrap_or(0));
            findings.report(taken.span(), message).help("remove `hostPort`, and reach it by a Service");
        }
    }
}
