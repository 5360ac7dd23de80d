//! KN013 service-selector-shared.

use windlass_k8s::view::{Fields as _, int, text};
use windlass_yaml::Node;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Two Services of one type select the same pods at the same ports.
    ///
    /// A headless Service beside one with an address is as it should be, and so are the Services of a Rollout.
    ///
    /// ## Why
    /// Clients of the one do not see what is set on the other, and nobody knows which one may go.
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
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: frontend }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
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
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: frontend }
    /// spec: { selector: { app: frontend }, ports: [{ port: 80 }] }
    /// ```
    pub(crate) static RULE = {
        id: "KN013", slug: "service-selector-shared", control: KubernetesReadiness, severity: P3,
        aliases: ["kyverno:require-unique-service-selector"],
        effort: 15,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    if object.others().has_any(object.namespace(), "Rollout") {
        return findings.exempt("a Rollout leads one of them to the new version");
    }
    let is_version = |name: &str| ["-canary", "-stable", "-active", "-preview"].iter().any(|end| name.ends_with(end));
    if is_version(object.name()) {
        return findings.exempt("it leads to one version of two");
    }
    let is_twin = |twin: &ObjectContext<'_>| twin.name() != object.name() && is_same(twin.root(), object.root());
    let Some(twin) = object.twins().find(is_twin) else { return };
    let message = format!("`{}` is `{}` by another name", object.reference(), twin.reference());
    findings
        .report(object.root().at(&["spec", "selector"]).and_then(Node::span), message)
        .related(twin.name_span(), "the first one")
        .help("leave one of them out");
}

/// Both have one type, both an address or none, and all ports of the one are ports of the other.
fn is_same(one: &Node, other: &Node) -> bool {
    let (Some(one), Some(other)) = (one.field("spec"), other.field("spec")) else { return false };
    let same = |name: &str, default: &str| one.text(name).unwrap_or(default) == other.text(name).unwrap_or(default);
    let target = |port: &Node| port.field("targetPort").or(port.field("port")).map(|node| (text(node).map(str::to_owned), int(node)));
    let targets = |spec: &Node| spec.items("ports").iter().map(target).collect::<Vec<_>>();
    let (first, second) = (targets(one), targets(other));
    let is_within = |one: &[_], other: &[_]| one.iter().all(|target| other.contains(target));
    same("type", "ClusterIP") && same("clusterIP", "") && (is_within(&first, &second) || is_within(&second, &first))
}
