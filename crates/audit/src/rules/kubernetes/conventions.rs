//! KW075 conventions.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod does not follow what some houses agree on: `ndots` of its DNS settings, affinity to nodes, the address of an owner, keys in order.
    ///
    /// None of them is right for everybody. The rule runs when it is named.
    ///
    /// ## Why
    /// Short names are looked up in every search domain first, five by default; an owner's address tells whom to ask.
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
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { annotations: { email: web@acme.example }, name: web }
    /// spec:
    ///   affinity: { nodeAffinity: {} }
    ///   containers: [{ image: "acme/web:1.4", name: web }]
    ///   dnsConfig: { options: [{ name: ndots, value: "2" }] }
    /// ```
    pub(crate) static RULE = {
        id: "KW075", slug: "conventions", control: KubernetesReadiness, severity: P3,
        aliases: ["kube-linter:dnsconfig-options", "kube-linter:no-node-affinity", "kube-linter:sorted-keys", "kube-linter:required-annotation-email", "kyverno:add-ndots"],
        optional: true,
        effort: 5,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let reference = workload.object().reference();
    let options = workload.pod.field("dnsConfig").map(|settings| settings.items("options")).unwrap_or_default();
    if !options.iter().any(|option| option.text("name") == Some("ndots")) {
        findings.report(workload.pod_span(), format!("`{reference}` does not say `ndots`")).help("add `dnsConfig.options` with `ndots`");
    }
    if workload.pod.at(&["affinity", "nodeAffinity"]).is_none() {
        findings.report(workload.pod_span(), format!("`{reference}` runs on any node")).help("add `affinity.nodeAffinity`");
    }
    let annotations = workload.object().root().at(&["metadata", "annotations"]);
    if !annotations.and_then(Node::as_map).is_some_and(|map| map.iter().any(|(key, _)| key.as_str().contains("email"))) {
        findings.report(workload.object().name_span(), format!("`{reference}` names no owner")).help("add an annotation `email`");
    }
    if let Some(place) = out_of_order(workload.object().root()) {
        findings.report(place.span(), format!("the keys of `{reference}` are not in order")).help("sort them");
    }
}

/// The first map whose keys are not in the order of the alphabet.
fn out_of_order(node: &Node) -> Option<&Node> {
    if let Some(items) = node.as_sequence() {
        return items.iter().find_map(out_of_order);
    }
    let map = node.as_map()?;
    if !map.iter().map(|(key, _)| key.as_str()).is_sorted() {
        return Some(node);
    }
    map.iter().find_map(|(_, value)| out_of_order(value))
}
