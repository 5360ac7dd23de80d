//! KW016 ephemeral-storage.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::{ContainerContext, WorkloadContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The pods may fill the disk of their node: a container has no limit of `ephemeral-storage`, or an `emptyDir` no size.
    ///
    /// ## Why
    /// Logs, temporary files and what is written to the image share the disk of the node. When it is full, the kubelet evicts pods, and not always the one that filled it.
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
    ///       volumes: [{ name: cache, emptyDir: {} }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           volumeMounts: [{ name: cache, mountPath: /cache }]
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
    ///       volumes: [{ name: cache, emptyDir: { sizeLimit: 1Gi } }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           resources: { limits: { ephemeral-storage: 2Gi } }
    ///           volumeMounts: [{ name: cache, mountPath: /cache }]
    /// ```
    pub(crate) static RULE = {
        id: "KW016", slug: "ephemeral-storage", control: ResourceLimits, severity: P3,
        aliases: ["kube-score:container-ephemeral-storage-request-and-limit", "kyverno:require-emptydir-requests-limits", "kyverno:add-emptydir-sizelimit"],
        optional: true,
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let limited = |container: &ContainerContext<'_>| container.resource("limits", "ephemeral-storage").is_some();
    let unlimited = workload.containers().filter(ContainerContext::is_long_running).find(|container| !limited(container));
    // The limits of the containers hold for the directories too.
    let Some(container) = unlimited else { return };
    let endless = |volume: &&Node| volume.field("emptyDir").is_some_and(|directory| directory.field("sizeLimit").is_none());
    let mut directories = workload.pod.items("volumes").iter().filter(endless);
    let message = match directories.next().and_then(|volume| volume.text("name")) {
        Some(name) => format!("the `emptyDir` `{name}` of `{}` may fill the disk of its node", workload.object().reference()),
        None => format!("container `{}` may fill the disk of its node", container.name()),
    };
    findings.report(container.name_span(), message).help("add `resources.limits.ephemeral-storage`, and `sizeLimit` to an `emptyDir`");
}
