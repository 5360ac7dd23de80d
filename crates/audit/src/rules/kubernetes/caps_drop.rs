//! KW023 caps-drop.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container keeps capabilities that it was not given on purpose.
    ///
    /// ## Why
    /// The runtime's default set holds `NET_RAW`, `SETUID` and others that serving requests does not take.
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
        id: "KW023", slug: "caps-drop", control: Capabilities, severity: P2,
        seed: "5.2",
        aliases: ["polaris:insecureCapabilities", "polaris:linuxHardening", "kubescape:C-0055", "kyverno:require-drop-all", "kyverno:disallow-capabilities-strict", "checkov:CKV_K8S_37", "trivy:KSV-0003", "trivy:KSV-0004", "trivy:KSV-0106", "kubesec:CapDropAll/Any"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let dropped =
        container.node().at(&["securityContext", "capabilities"]).map(|capabilities| capabilities.items("drop")).unwrap_or_default();
    if !dropped.iter().filter_map(text).any(|name| name.eq_ignore_ascii_case("ALL")) {
        let message = format!("container `{}` keeps the runtime's capabilities", container.name());
        findings.report(container.name_span(), message).help("add `securityContext.capabilities.drop: [ALL]`, and add back what it needs");
    }
}
