//! KW027 apparmor.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// AppArmor is switched off.
    ///
    /// ## Why
    /// The profile of the runtime keeps a process from mounts and files that it has no need of.
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
    ///           securityContext: { appArmorProfile: { type: Unconfined } }
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
    ///           securityContext: { appArmorProfile: { type: RuntimeDefault } }
    /// ```
    pub(crate) static RULE = {
        id: "KW027", slug: "apparmor", control: RuntimeHardening, severity: P3,
        aliases: ["trivy:KSV-0002", "kyverno:restrict-apparmor-profiles", "kubesec:ApparmorAny/Unconfined"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if let Some(node) = container.security("appArmorProfile").filter(|node| node.text("type") == Some("Unconfined")) {
        let message = format!("container `{}` has no AppArmor profile", container.name());
        findings.report(node.span(), message).help("write `type: RuntimeDefault`, or leave it out");
    }
}
