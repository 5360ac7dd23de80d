//! KW068 rwx-needed.

use windlass_k8s::view::{Fields as _, text};

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Several pods mount a claim that one node may have at a time.
    ///
    /// ## Why
    /// The pods that come to another node wait for the volume for ever.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 2
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       volumes: [{ name: files, persistentVolumeClaim: { claimName: files } }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           volumeMounts: [{ name: files, mountPath: /files }]
    /// ---
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: files }
    /// spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 2
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       volumes: [{ name: files, persistentVolumeClaim: { claimName: files } }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           volumeMounts: [{ name: files, mountPath: /files }]
    /// ---
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: files }
    /// spec: { accessModes: [ReadWriteMany], resources: { requests: { storage: 1Gi } } }
    /// ```
    pub(crate) static RULE = {
        id: "KW068", slug: "rwx-needed", control: Mounts, severity: P1,
        seed: "8.1",
        effort: 60,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.least_replicas().is_none_or(|replicas| replicas < 2) {
        return findings.not_applicable();
    }
    for volume in workload.pod.items("volumes") {
        let Some(name) = volume.at(&["persistentVolumeClaim", "claimName"]) else { continue };
        let Some(claim) = text(name).and_then(|name| workload.object().neighbour("PersistentVolumeClaim", name)) else { continue };
        let modes = claim.root().field("spec").map(|spec| spec.items("accessModes")).unwrap_or_default();
        if !modes.is_empty() && modes.iter().filter_map(text).all(|mode| mode.starts_with("ReadWriteOnce")) {
            findings
                .report(name.span(), format!("the pods of `{}` share `{}`", workload.object().reference(), claim.reference()))
                .related(claim.name_span(), "one node may have it at a time")
                .help("ask for `ReadWriteMany`, give each pod of a StatefulSet a claim of its own, or run one pod");
        }
    }
}
