//! KW019 run-as-nonroot.

use windlass_yaml::Node;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Nothing keeps a container from running as root.
    ///
    /// ## Why
    /// Root in a container is root on the node as soon as it finds a way out, and can write wherever its files are writable.
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
    ///           securityContext: { runAsNonRoot: true }
    /// ```
    pub(crate) static RULE = {
        id: "KW019", slug: "run-as-nonroot", control: ImageUser, severity: P1,
        seed: "5.1",
        aliases: ["kube-linter:run-as-non-root", "kube-score:container-security-context-user-group-id", "polaris:runAsRootAllowed", "kubescape:C-0013", "kyverno:require-run-as-nonroot", "checkov:CKV_K8S_23", "trivy:KSV-0012", "kubesec:RunAsNonRoot", "datree:52"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let setting = container.security("runAsNonRoot");
    if setting.and_then(Node::as_bool) != Some(true) {
        let message = format!("container `{}` may run as root", container.name());
        findings
            .report(setting.and_then(Node::span).or(container.name_span()), message)
            .help("add `securityContext.runAsNonRoot: true`, and a user where the image has none");
    }
}
