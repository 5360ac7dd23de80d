//! KW009 probe-port.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A probe asks a port whose name the container does not declare.
    ///
    /// ## Why
    /// The kubelet can't resolve the name: the probe fails each time, and the pod is never ready or restarts for ever.
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
    ///           ports: [{ name: http, containerPort: 8080 }]
    ///           readinessProbe: { httpGet: { path: /ready, port: web } }
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
    ///           ports: [{ name: http, containerPort: 8080 }]
    ///           readinessProbe: { httpGet: { path: /ready, port: http } }
    /// ```
    pub(crate) static RULE = {
        id: "KW009", slug: "probe-port", control: ServiceHealth, severity: P1,
        aliases: ["kube-linter:liveness-port", "kube-linter:readiness-port", "kube-linter:startup-port"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        for handler in ["httpGet", "tcpSocket"] {
            let Some(port) = container.node().at(&[probe, handler, "port"]) else { continue };
            let Some(name) = text(port) else { continue };
            if !container.node().items("ports").iter().any(|port| port.text("name") == Some(name)) {
                let message = format!("container `{}` has no port named `{name}`", container.name());
                findings.report(port.span(), message).help("name the port under `ports:`, or write its number here");
            }
        }
    }
}
