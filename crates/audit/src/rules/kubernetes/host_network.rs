//! KW031 host-network.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod is on the network of its node.
    ///
    /// ## Why
    /// It reaches what listens on the node's loopback, takes the node's ports, and no network policy holds it.
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
    ///       hostNetwork: true
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
    ///       hostNetwork: false
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW031", slug: "host-network", control: HostAccess, severity: P1,
        aliases: ["kube-linter:host-network", "polaris:hostNetworkSet", "kubescape:C-0041", "kyverno:disallow-host-namespaces", "checkov:CKV_K8S_19", "trivy:KSV-0009", "datree:28"],
        effort: 30,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if let Some(setting) = workload.pod.field("hostNetwork").filter(|setting| setting.as_bool() == Some(true)) {
        let message = format!("`{}` is on the network of its node", workload.object().reference());
        findings.report(setting.span(), message).help("remove `hostNetwork`, and reach it by a Service");
    }
}
