//! KW022 rootfs.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container can write to its own image.
    ///
    /// ## Why
    /// Who breaks in can put programs where others run them; with a read-only root there is no such place.
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
    ///           securityContext: { readOnlyRootFilesystem: true }
    /// ```
    pub(crate) static RULE = {
        id: "KW022", slug: "rootfs", control: RuntimeHardening, severity: P2,
        seed: "5.1, 5.2",
        aliases: ["kube-linter:no-read-only-root-fs", "kube-score:container-security-context-readonlyrootfilesystem", "polaris:notReadOnlyRootFilesystem", "kubescape:C-0017", "kyverno:require-ro-rootfs", "checkov:CKV_K8S_22", "trivy:KSV-0014", "datree:45"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let setting = container.node().at(&["securityContext", "readOnlyRootFilesystem"]);
    if setting.and_then(Node::as_bool) != Some(true) {
        let message = format!("container `{}` can write to its root file system", container.name());
        findings
            .report(setting.and_then(Node::span).or(container.name_span()), message)
            .help("add `securityContext.readOnlyRootFilesystem: true`, and volumes where it writes");
    }
}
