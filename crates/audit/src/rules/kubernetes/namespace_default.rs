//! KW063 namespace-default.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Pods are put into the namespace `default`, or into one of the system.
    ///
    /// A manifest that names no namespace is not looked at: whoever applies it says where it goes.
    ///
    /// ## Why
    /// Rights, quotas and network policies hold for a namespace. In one that everybody uses they hold for strangers, and in one of the system pods are next to what runs the cluster.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: kube-system }
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
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW063", slug: "namespace-default", control: NetworkIsolation, severity: P3,
        aliases: ["kube-linter:use-namespace", "kubescape:C-0061", "kyverno:disallow-default-namespace", "checkov:CKV_K8S_21", "trivy:KSV-0110", "trivy:0037", "datree:15"],
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let node = workload.object().root().at(&["metadata", "namespace"]);
    let Some(name) = node.and_then(text) else { return };
    if matches!(name, "default" | "kube-system" | "kube-public" | "kube-node-lease") {
        let message = format!("`{}` stands in `{name}`", workload.object().reference());
        findings.report(node.and_then(Node::span), message).help("give it a namespace of its own");
    }
}
