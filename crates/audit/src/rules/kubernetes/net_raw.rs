//! KW024 net-raw.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container keeps the capability `NET_RAW`.
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
        effort: 2,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    // One that drops nothing is told of by another rule.
    let Some(drop) = container.node().at(&["securityContext", "capabilities", "drop"]) else { return findings.not_applicable() };
    let is_dropped = |name: &str| matches!(name, "ALL" | "all" | "NET_RAW" | "CAP_NET_RAW");
    if !drop.as_sequence().unwrap_or_default().iter().filter_map(text).any(is_dropped) {
        findings
            .report(drop.span(), format!("container `{}` keeps `NET_RAW`", container.name()))
            .help("drop `ALL`, and add what is needed");
    }
}
