//! KW034 host-path.

use windlass_k8s::view::{Fields as _, text};

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A pod mounts a directory of its node.
    ///
    /// ## Why
    /// What it writes stays on that node, and what it reads is whatever the node has there; some paths give the node away.
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
    ///       volumes: [{ name: data, hostPath: { path: /srv/data } }]
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
    ///       volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW034", slug: "host-path", control: HostAccess, severity: P1,
        seed: "4.1",
        aliases: ["kube-linter:sensitive-host-mounts", "kube-linter:writable-host-mount", "polaris:hostPathSet", "kubescape:C-0048", "kubescape:C-0045", "kyverno:disallow-host-path", "kyverno:ensure-readonly-hostpath", "trivy:KSV-0023", "kubesec:ProcMount", "datree:46", "datree:89"],
        effort: 60,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    for volume in workload.pod.items("volumes") {
        let Some(path) = volume.at(&["hostPath", "path"]) else { continue };
        let name = volume.text("name").unwrap_or_default();
        let mounts = || workload.containers().flat_map(|container| container.node().items("volumeMounts"));
        let is_written = mounts().filter(|mount| mount.text("name") == Some(name)).any(|mount| mount.flag("readOnly") != Some(true));
        let message = format!("`{}` mounts `{}` of its node", workload.object().reference(), text(path).unwrap_or_default());
        let finding = findings.report(path.span(), message).help("use a claim, a ConfigMap or an `emptyDir`");
        if !is_written {
            finding.severity(Grade::new(Severity::P2, "it is only read"));
        }
    }
}
