//! KW043 sa-deprecated-field.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The field `serviceAccount` is used.
    ///
    /// ## Why
    /// It is the old name of `serviceAccountName`; tools that read manifests look for the new one.
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
    ///       serviceAccount: web
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
    ///       serviceAccountName: web
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW043", slug: "sa-deprecated-field", control: Rbac, severity: P3,
        aliases: ["kube-linter:deprecated-service-account-field", "kubescape:C-0294"],
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if let Some(account) = workload.pod.field("serviceAccount").filter(|_| workload.pod.field("serviceAccountName").is_none()) {
        let message = format!("`{}` names its account by an old field", workload.object().reference());
        findings.report(account.span(), message).help("write `serviceAccountName`");
    }
}
