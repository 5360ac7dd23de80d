//! KW076 pod-security-level.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A namespace enforces no Pod Security Standard.
    ///
    /// ## Why
    /// Nothing then refuses a pod that is root on its node: privileged, with the network or the files of the host.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels: { pod-security.kubernetes.io/enforce: restricted }
    /// ```
    pub(crate) static RULE = {
        id: "KW076", slug: "pod-security-level", control: RuntimeHardening, severity: P2,
        aliases: ["kyverno:psa/*"],
        effort: 15,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    if object.kind() != "Namespace" || object.name().starts_with("kube-") {
        return findings.not_applicable();
    }
    let label = object.root().at(&["metadata", "labels", "pod-security.kubernetes.io/enforce"]);
    let message = match label.and_then(text) {
        None => format!("the namespace `{}` enforces no Pod Security Standard", object.name()),
        Some("privileged") => format!("the namespace `{}` lets every pod be privileged", object.name()),
        Some(_) => return,
    };
    findings
        .report(label.and_then(Node::span).or(object.name_span()), message)
        .help("add the label `pod-security.kubernetes.io/enforce: restricted`, or `baseline`");
}
