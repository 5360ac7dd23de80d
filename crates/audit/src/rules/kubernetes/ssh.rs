//! KW071 ssh.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container listens for SSH.
    ///
    /// ## Why
    /// Who gets in there goes past the API server, its rights and its audit log.
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
    ///           ports: [{ containerPort: 22 }]
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
        id: "KW071", slug: "ssh", control: RemoteAccess, severity: P2,
        aliases: ["kube-linter:ssh-port", "kubescape:C-0042"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if let Some(port) = container.node().items("ports").iter().find(|port| port.int("containerPort") == Some(22)) {
        let message = format!("container `{}` listens for SSH", container.name());
        findings.report(port.span(), message).help("use `kubectl exec`");
    }
}
