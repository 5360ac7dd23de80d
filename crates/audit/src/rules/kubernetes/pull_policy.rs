//! KW003 pull-policy.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An image whose tag moves is not pulled again.
    ///
    /// ## Why
    /// Each node runs the version that it happened to pull first, so pods of one Deployment differ.
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
    ///           image: acme/web:stable
    ///           imagePullPolicy: IfNotPresent
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
    ///           image: acme/web:stable
    ///           imagePullPolicy: Always
    /// ```
    pub(crate) static RULE = {
        id: "KW003", slug: "pull-policy", control: PinnedVersions, severity: P3,
        aliases: ["kube-score:container-image-pull-policy", "polaris:pullPolicyNotAlways", "checkov:CKV_K8S_15", "kubescape:C-0075", "kyverno:imagepullpolicy-always"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let Some(reference) = container.image() else { return findings.not_applicable() };
    if !reference.is_moving() {
        return findings.not_applicable();
    }
    let policy = container.node().field("imagePullPolicy");
    let is_pulled = match policy.and_then(text) {
        Some(policy) => policy == "Always",
        // The API server fills it in by the tag.
        None => reference.is_latest(),
    };
    if !is_pulled {
        let place = policy.or(container.node().field("image")).and_then(Node::span);
        let message = format!("container `{}` runs the `{}` that its node pulled first", container.name(), reference.familiar_name());
        findings.report(place, message).help("name a version, or write `imagePullPolicy: Always`");
    }
}
