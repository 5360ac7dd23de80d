//! KW024 net-raw.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container keeps the capability `NET_RAW`.
    ///
    /// Who drops `ALL`, as KW023 wants it, drops it too. The rule runs when it is named.
    ///
    /// ## Why
    /// With raw sockets a process can answer in the name of others on its network.
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
    ///           securityContext: { capabilities: { drop: [MKNOD] } }
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
    ///           securityContext: { capabilities: { drop: [ALL] } }
    /// ```
    pub(crate) static RULE = {
        id: "KW024", slug: "net-raw", control: Capabilities, severity: P3,
        aliases: ["kube-linter:drop-net-raw-capability", "kyverno:require-drop-cap-net-raw", "checkov:CKV_K8S_28", "trivy:KSV-0119", "datree:103"],
        optional: true,
        effort: 2,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let capabilities = container.node().at(&["securityContext", "capabilities"]);
    let dropped = capabilities.map(|capabilities| capabilities.items("drop")).unwrap_or_default();
    let is_dropped = |name: &str| matches!(name, "ALL" | "all" | "NET_RAW" | "CAP_NET_RAW");
    if !dropped.iter().filter_map(text).any(is_dropped) {
        findings
            .report(
                capabilities.and_then(Node::span).or(container.name_span()),
                format!("container `{}` keeps `NET_RAW`", container.name()),
            )
            .help("drop `ALL`, and add what is needed");
    }
}
