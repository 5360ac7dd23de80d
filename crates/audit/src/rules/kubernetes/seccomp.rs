//! KW026 seccomp.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// System calls of a container are not filtered.
    ///
    /// ## Why
    /// The runtime's default profile refuses some sixty calls that programs do not need and exploits do. Without a word in the manifest most clusters filter nothing.
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
    ///       securityContext: { seccompProfile: { type: RuntimeDefault } }
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW026", slug: "seccomp", control: RuntimeHardening, severity: P2,
        aliases: ["kube-score:container-seccomp-profile", "polaris:linuxHardening", "kyverno:restrict-seccomp", "checkov:CKV_K8S_31", "trivy:KSV-0030", "trivy:0104", "kubesec:SeccompAny/Unconfined", "datree:61", "datree:99"],
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let is_filtered = |context: Option<&Node>| {
        context.and_then(|context| context.at(&["seccompProfile"])?.text("type")).is_some_and(|kind| kind != "Unconfined")
    };
    if is_filtered(workload.pod.field("securityContext")) {
        return;
    }
    let lacking: Vec<_> = workload.containers().filter(|container| !is_filtered(container.node().field("securityContext"))).collect();
    if !lacking.is_empty() {
        let message = format!("`{}` has no seccomp profile", workload.object().reference());
        findings.report(workload.pod_span(), message).help("add `securityContext.seccompProfile: { type: RuntimeDefault }` to the pod");
    }
}
