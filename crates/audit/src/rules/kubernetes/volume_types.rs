//! KW036 volume-types.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod mounts a volume of a kind that the restricted Pod Security Standard does not have: a disk or a share by its address, a repository.
    ///
    /// ## Why
    /// Whoever writes pods then decides which server of the network is mounted, with what rights. A claim leaves that to who runs the cluster.
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
    ///       volumes: [{ name: data, nfs: { server: 10.0.0.2, path: /data } }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           volumeMounts: [{ name: data, mountPath: /data }]
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
    ///           volumeMounts: [{ name: data, mountPath: /data }]
    /// ```
    pub(crate) static RULE = {
        id: "KW036", slug: "volume-types", control: HostAccess, severity: P3,
        aliases: ["kyverno:restrict-volume-types", "trivy:KSV-0028", "trivy:0121"],
        effort: 60,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    // A directory of the node is told of by a rule of its own.
    const FINE: [&str; 10] =
        ["name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "hostPath", "persistentVolumeClaim", "projected", "secret"];
    for volume in workload.pod.items("volumes") {
        let Some((kind, node)) =
            volume.as_map().and_then(|map| map.iter().find(|(key, value)| !value.is_null() && !FINE.contains(&key.as_str())))
        else {
            continue;
        };
        let message = format!("`{}` mounts a volume of the kind `{}`", workload.object().reference(), kind.as_str());
        findings
            .report(kind.span.or(node.span()), message)
            .help("use a PersistentVolumeClaim, and describe the server in a PersistentVolume");
    }
}
