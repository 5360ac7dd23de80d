//! KW025 caps-added.

use windlass_k8s::capabilities;
use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container has a capability that opens the node.
    ///
    /// ## Why
    /// With `SYS_ADMIN`, `NET_ADMIN` and their like a process can mount, load, trace or redirect what belongs to others.
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
    ///           securityContext: { capabilities: { add: [SYS_ADMIN] } }
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
    ///           securityContext: { capabilities: { add: [NET_BIND_SERVICE] } }
    /// ```
    pub(crate) static RULE = {
        id: "KW025", slug: "caps-added", control: Capabilities, severity: P1,
        aliases: ["polaris:dangerousCapabilities", "kubescape:C-0046", "kyverno:disallow-capabilities", "checkov:CKV_K8S_25", "checkov:CKV_K8S_39", "trivy:KSV-0005", "trivy:0022", "trivy:0120", "kubesec:CapSysAdmin", "datree:49", "datree:82"],
        effort: 30,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let added = container.node().at(&["securityContext", "capabilities"]).map(|capabilities| capabilities.items("add")).unwrap_or_default();
    for capability in added {
        let name = text(capability).unwrap_or_default().to_ascii_uppercase();
        let short = name.strip_prefix("CAP_").unwrap_or(&name);
        if !capabilities::BASELINE.contains(&short) {
            let message = format!("container `{}` has the capability `{short}`", container.name());
            findings.report(capability.span(), message).help("remove it, or say in a suppression what it is for");
        }
    }
}
