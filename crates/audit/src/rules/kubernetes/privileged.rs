//! KW017 privileged.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container is privileged.
    ///
    /// ## Why
    /// A privileged container is root on its node: it sees all devices and can leave its container.
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
    ///           securityContext: { privileged: true }
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
    ///           securityContext: { privileged: false }
    /// ```
    pub(crate) static RULE = {
        id: "KW017", slug: "privileged", control: HostAccess, severity: P1,
        aliases: ["kube-linter:privileged-container", "kube-score:container-security-context-privileged", "polaris:runAsPrivileged", "kubescape:C-0057", "kyverno:disallow-privileged-containers", "checkov:CKV_K8S_16", "trivy:KSV-0017", "kubesec:Privileged", "datree:20"],
        effort: 30,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let setting = container.node().at(&["securityContext", "privileged"]);
    if let Some(setting) = setting.filter(|setting| setting.as_bool() == Some(true)) {
        findings
            .report(setting.span(), format!("container `{}` is privileged", container.name()))
            .help("remove `privileged`, and add the capabilities that it needs");
    }
}
