//! KW015 qos.

use windlass_k8s::quantity::Amount;
use windlass_k8s::view::quantity;
use windlass_yaml::Node;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container may use more than it asked for, so its pod is not of the class `Guaranteed`.
    ///
    /// Most workloads do better with room above their requests. The rule runs when it is named.
    ///
    /// ## Why
    /// When a node runs out of memory, pods that use more than they asked for go first.
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
    ///           resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { cpu: 100m, memory: 256Mi } }
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
    ///           resources: { requests: { cpu: 100m, memory: 256Mi }, limits: { cpu: 100m, memory: 256Mi } }
    /// ```
    pub(crate) static RULE = {
        id: "KW015", slug: "qos", control: ResourceLimits, severity: P3,
        aliases: ["kube-score:container-resource-requests-equal-limits", "kyverno:memory-requests-equal-limits", "kyverno:require-qos-guaranteed", "datree:81"],
        optional: true,
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let amount = |list: &str, name: &str| container.resource(list, name).and_then(quantity).and_then(|text| Amount::parse(&text));
    for name in ["cpu", "memory"] {
        let limit = amount("limits", name);
        // A limit alone is the request too.
        if limit.is_some() && amount("requests", name).is_none_or(|request| Some(request) == limit) {
            continue;
        }
        let place = container.resource("requests", name).or(container.resource("limits", name)).and_then(Node::span);
        let message = format!("container `{}` may use more {name} than it asks for", container.name());
        findings.report(place.or(container.name_span()), message).help("write the same request and limit");
    }
}
