//! KW018 priv-escalation.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container's processes can gain privileges.
    ///
    /// ## Why
    /// A program with the set-user-id bit makes root of any user; nothing that serves requests needs that.
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
    ///           securityContext: { allowPrivilegeEscalation: false }
    /// ```
    pub(crate) static RULE = {
        id: "KW018", slug: "priv-escalation", control: RuntimeHardening, severity: P2,
        seed: "5.2",
        aliases: ["kube-linter:privilege-escalation-container", "polaris:privilegeEscalationAllowed", "kubescape:C-0016", "kyverno:disallow-privilege-escalation", "checkov:CKV_K8S_20", "trivy:KSV-0001", "datree:47"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let setting = container.node().at(&["securityContext", "allowPrivilegeEscalation"]);
    if setting.and_then(Node::as_bool) != Some(false) {
        let message = format!("container `{}` can gain privileges", container.name());
        findings
            .report(setting.and_then(Node::span).or(container.name_span()), message)
            .help("add `securityContext.allowPrivilegeEscalation: false`");
    }
}
