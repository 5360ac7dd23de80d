//! KW072 privileged-port.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container listens below 1024.
    ///
    /// Runtimes of today let everybody do so in a container's own network; not all clusters have such a one. The rule runs when it is named.
    ///
    /// ## Why
    /// Where they don't, a process that is not root can't open its port, and the pod never starts.
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
    ///           securityContext: { runAsNonRoot: true }
    ///           ports: [{ containerPort: 80 }]
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
    ///           securityContext: { runAsNonRoot: true }
    ///           ports: [{ containerPort: 8080 }]
    /// ```
    pub(crate) static RULE = {
        id: "KW072", slug: "privileged-port", control: Addressing, severity: P3,
        aliases: ["kube-linter:privileged-ports", "trivy:KSV-0117"],
        optional: true,
        effort: 15,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let added = container.node().at(&["securityContext", "capabilities"]).map(|capabilities| capabilities.items("add")).unwrap_or_default();
    let may_bind = added.iter().filter_map(text).any(|name| name.ends_with("NET_BIND_SERVICE"));
    let sysctls = container.workload().pod.field("securityContext").map(|context| context.items("sysctls")).unwrap_or_default();
    let is_open = sysctls.iter().any(|sysctl| sysctl.text("name") == Some("net.ipv4.ip_unprivileged_port_start"));
    if may_bind || is_open {
        return findings.not_applicable();
    }
    for port in container.node().items("ports") {
        if let Some(number) = port.int("containerPort").filter(|number| (1..1024).contains(number)) {
            let message = format!("container `{}` listens on {number}, which only root may everywhere", container.name());
            findings.report(port.span(), message).help("listen above 1023, or add the capability `NET_BIND_SERVICE`");
        }
    }
}
