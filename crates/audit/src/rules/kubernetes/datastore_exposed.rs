//! KN006 datastore-exposed.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use crate::context::{ContainerContext, WorkloadContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A datastore can be reached from outside of the cluster: its Service is of the type `NodePort` or `LoadBalancer`.
    ///
    /// ## Why
    /// A guessed password, or none, is all that is between everybody and the data.
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
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db }
    /// spec: { type: NodePort, selector: { app: db }, ports: [{ port: 5432 }] }
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
    ///       containers:
    ///         - name: db
    ///           image: postgres:17.6
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db }
    /// spec: { selector: { app: db }, ports: [{ port: 5432 }] }
    /// ```
    pub(crate) static RULE = {
        id: "KN006", slug: "datastore-exposed", control: PortExposure, severity: P1,
        seed: "3.2",
        aliases: ["kubescape:C-0021", "kubescape:C-0274"],
        effort: 15,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let datastore = |container: &ContainerContext<'_>| container.role().filter(|role| role.is_datastore());
    let Some(role) = workload.containers().find_map(|container| datastore(&container)) else { return findings.not_applicable() };
    for service in workload.services() {
        let kind = service.root().at(&["spec", "type"]);
        if kind.and_then(text).is_some_and(|kind| matches!(kind, "NodePort" | "LoadBalancer")) {
            let message =
                format!("`{}` lets everybody reach the {} of `{}`", service.reference(), role.as_str(), workload.object().reference());
            findings.report(kind.and_then(Node::span), message).help("leave `type` out, and use `kubectl port-forward` for people");
        }
    }
}
