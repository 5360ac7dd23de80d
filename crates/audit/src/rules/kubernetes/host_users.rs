//! KW039 host-users.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod uses the users of its node.
    ///
    /// User namespaces need a recent kernel and runtime. The rule runs when it is named.
    ///
    /// ## Why
    /// In a namespace of its own, root of the container is nobody on the node.
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
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       hostUsers: false
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW039", slug: "host-users", control: RuntimeHardening, severity: P3,
        aliases: ["kubesec:HostUsers"],
        optional: true,
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let setting = workload.pod.field("hostUsers");
    if setting.and_then(Node::as_bool) != Some(false) {
        let message = format!("`{}` uses the users of its node", workload.object().reference());
        findings.report(setting.and_then(Node::span).or(workload.pod_span()), message).help("add `hostUsers: false`");
    }
}
