//! KW021 low-uid.

use windlass_k8s::view::int;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container runs as a user or group that its node may have as well.
    ///
    /// The number matters only after a break out without user namespaces. The rule runs when it is named.
    ///
    /// ## Why
    /// Files of the node that belong to a user of the same number are that process's.
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
    ///           securityContext: { runAsUser: 1000 }
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
    ///           securityContext: { runAsUser: 10001, runAsGroup: 10001 }
    /// ```
    pub(crate) static RULE = {
        id: "KW021", slug: "low-uid", control: ImageUser, severity: P3,
        aliases: ["checkov:CKV_K8S_40", "trivy:KSV-0020", "trivy:KSV-0021", "kubesec:RunAsUser/RunAsGroup", "datree:29", "datree:51"],
        optional: true,
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    for setting in ["runAsUser", "runAsGroup"] {
        let Some(node) = container.security(setting) else { continue };
        if let Some(number) = int(node).filter(|number| *number <= 10_000) {
            let message = format!("container `{}` runs with `{setting}` {number}, which a node may have too", container.name());
            findings.report(node.span(), message).help("take a number above 10000");
        }
    }
}
