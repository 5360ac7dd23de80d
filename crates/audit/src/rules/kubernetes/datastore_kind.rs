//! KW066 datastore-kind.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use crate::context::{ContainerContext, Role};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A datastore keeps its data in its pod.
    ///
    /// P2 for search engines and brokers, whose content can mostly be made again.
    ///
    /// ## Why
    /// When the pod is replaced, by an update, a drain or the loss of its node, the data is gone.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: db }
    /// spec:
    ///   selector: { matchLabels: { app: db } }
    ///   template:
    ///     metadata: { labels: { app: db } }
    ///     spec:
    ///       containers:
    ///         - name: db
    ///           image: postgres:17.6
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: db }
    /// spec:
    ///   selector: { matchLabels: { app: db } }
    ///   template:
    ///     metadata: { labels: { app: db } }
    ///     spec:
    ///       volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
    ///       containers:
    ///         - name: db
    ///           image: postgres:17.6
    ///           volumeMounts: [{ name: data, mountPath: /var/lib/postgresql/data }]
    /// ```
    pub(crate) static RULE = {
        id: "KW066", slug: "datastore-kind", control: DatastoreVolumes, severity: P1,
        seed: "4.1",
        effort: 30,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let is_kept = |role: &Role| matches!(role, Role::Datastore | Role::Storage | Role::Search | Role::Broker);
    let stateful = container.image_entry().is_some_and(|image| image.stateful);
    let Some(role) = container.role().filter(|role| is_kept(role) && stateful && container.serves()) else {
        return findings.not_applicable();
    };
    let workload = container.workload();
    let lasts = |name: &str| {
        let templates = workload.object().root().field("spec").map(|spec| spec.items("volumeClaimTemplates")).unwrap_or_default();
        let volume = workload.pod.items("volumes").iter().find(|volume| volume.text("name") == Some(name));
        templates.iter().any(|claim| claim.at(&["metadata", "name"]).and_then(text) == Some(name)) || volume.is_some_and(outlives_pod)
    };
    if container.node().items("volumeMounts").iter().filter_map(|mount| mount.text("name")).any(lasts) {
        return;
    }
    let finding =
        findings.report(container.name_span(), format!("the data of the {} `{}` ends with its pod", role.as_str(), container.name()));
    finding.help("mount a PersistentVolumeClaim where it keeps its data");
    if matches!(role, Role::Search | Role::Broker) {
        finding.severity(Grade::new(Severity::P2, format!("the content of a {} can mostly be made again", role.as_str())));
    }
}

/// What is in the volume is there after the pod: all but what is made of it or of other objects.
fn outlives_pod(volume: &Node) -> bool {
    const MADE: [&str; 7] = ["emptyDir", "configMap", "secret", "projected", "downwardAPI", "image", "ephemeral"];
    !MADE.iter().any(|kind| volume.get(kind).is_some())
}
