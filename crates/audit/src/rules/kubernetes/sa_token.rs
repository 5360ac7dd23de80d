//! KW040 sa-token.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod gets a token of the API server that it may not need.
    ///
    /// ## Why
    /// Whoever breaks into the pod can speak to the API server with the rights of its account.
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
    ///       automountServiceAccountToken: false
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW040", slug: "sa-token", control: Rbac, severity: P2,
        aliases: ["polaris:automountServiceAccountToken", "kubescape:C-0034", "kubescape:C-0261", "kyverno:restrict-automount-sa-token", "checkov:CKV_K8S_38", "trivy:KSV-0036", "datree:53"],
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let Some(account) = workload.account() else {
        return;
    };
    let is_off = |node: &Node| node.flag("automountServiceAccountToken") == Some(false);
    if is_off(workload.pod) || account.is_some_and(|account| workload.pod.flag("automountServiceAccountToken").is_none() && is_off(account))
    {
        return;
    }
    let message = format!("`{}` gets a token of the API server", workload.object().reference());
    findings.report(workload.pod_span(), message).help("add `automountServiceAccountToken: false` unless it speaks to the API server");
}
