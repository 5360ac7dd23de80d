//! KW041 default-sa.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod runs as the default service account.
    ///
    /// ## Why
    /// Whatever is granted to it, every pod of the namespace gets.
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
    ///       automountServiceAccountToken: false
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
    ///       serviceAccountName: web
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW041", slug: "default-sa", control: Rbac, severity: P3,
        aliases: ["kube-linter:default-service-account", "checkov:CKV_K8S_41", "checkov:CKV_K8S_42", "kubesec:ServiceAccountName", "datree:102"],
        optional: true,
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.pod.text("serviceAccountName").is_none_or(|name| name == "default") {
        let message = format!("`{}` runs as the default service account", workload.object().reference());
        findings.report(workload.pod_span(), message).help("give it an account of its own: `serviceAccountName`");
    }
}
