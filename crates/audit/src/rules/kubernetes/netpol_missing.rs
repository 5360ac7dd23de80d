//! KN001 netpol-missing.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// No NetworkPolicy selects the pods.
    ///
    /// Pods on the network of their node are out of reach of policies. Policies of Cilium and Calico count.
    ///
    /// ## Why
    /// Every pod of the cluster can open a connection to them, and they to everything.
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
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: { matchLabels: { app: web } }
    ///   policyTypes: [Ingress]
    ///   ingress: [{ ports: [{ port: 8080 }] }]
    /// ```
    pub(crate) static RULE = {
        id: "KN001", slug: "netpol-missing", control: NetworkIsolation, severity: P2,
        seed: "3.1, 5.1",
        aliases: ["kube-linter:non-isolated-pod", "kube-score:pod-networkpolicy", "polaris:missingNetworkPolicy", "kubescape:C-0030", "kubescape:C-0049", "kubescape:C-0054", "kubescape:C-0260", "kyverno:require-netpol", "kyverno:add-network-policy", "checkov:CKV2_K8S_6", "trivy:KSV-0038"],
        effort: 30,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.pod.flag("hostNetwork") == Some(true) {
        return findings.not_applicable();
    }
    let (others, namespace) = (workload.object().others(), workload.object().namespace());
    let has_other = others.has_any(namespace, "CiliumNetworkPolicy")
        || ["CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"].iter().any(|kind| others.has_any("default", kind));
    if has_other {
        return findings.exempt("the network has policies of its own");
    }
    if workload.selected_by("NetworkPolicy").next().is_none() {
        let message = format!("no NetworkPolicy selects the pods of `{}`", workload.object().reference());
        findings.report(workload.object().name_span(), message).help("add one that lets in who needs it");
    }
}
