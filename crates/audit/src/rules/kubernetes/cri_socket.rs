//! KW035 cri-socket.

use windlass_k8s::view::{Fields as _, text};

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod has the socket of the container runtime.
    ///
    /// ## Why
    /// Who can speak to the runtime can start a privileged container, and so is root on the node.
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
    ///       volumes: [{ name: runtime, hostPath: { path: /var/run/docker.sock } }]
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
    ///       volumes: [{ name: runtime, emptyDir: {} }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW035", slug: "cri-socket", control: HostAccess, severity: P1,
        aliases: ["kube-linter:docker-sock", "kubescape:C-0074", "kyverno:disallow-cri-sock-mount", "checkov:CKV_K8S_27", "trivy:KSV-0006", "kubesec:DockerSock", "datree:30"],
        effort: 60,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    const SOCKETS: [&str; 5] = ["docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "dockershim.sock"];
    for volume in workload.pod.items("volumes") {
        let Some(path) = volume.at(&["hostPath", "path"]) else { continue };
        let name = text(path).unwrap_or_default().rsplit('/').next().unwrap_or_default();
        if SOCKETS.contains(&name) {
            let message = format!("`{}` has the runtime's socket `{name}`", workload.object().reference());
            findings.report(path.span(), message).help("build and watch containers by the Kubernetes API instead");
        }
    }
}
