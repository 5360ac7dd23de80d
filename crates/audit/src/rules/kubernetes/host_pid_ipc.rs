//! KW032 host-pid-ipc.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod sees the processes or shared memory of its node.
    ///
    /// ## Why
    /// It can read what others have in memory, and signal them.
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
    ///       hostPID: true
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
    ///       hostPID: false
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW032", slug: "host-pid-ipc", control: HostAccess, severity: P1,
        aliases: ["kube-linter:host-pid", "kube-linter:host-ipc", "polaris:hostPIDSet", "polaris:hostIPCSet", "kubescape:C-0038", "kubescape:C-0275", "kubescape:C-0276", "kyverno:disallow-host-namespaces", "checkov:CKV_K8S_17", "checkov:CKV_K8S_18", "trivy:KSV-0010", "trivy:0008", "datree:26", "datree:27"],
        effort: 30,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    for name in ["hostPID", "hostIPC"] {
        if let Some(setting) = workload.pod.field(name).filter(|setting| setting.as_bool() == Some(true)) {
            let message = format!("`{}` has `{name}` of its node", workload.object().reference());
            findings.report(setting.span(), message).help(format!("remove `{name}`"));
        }
    }
}
