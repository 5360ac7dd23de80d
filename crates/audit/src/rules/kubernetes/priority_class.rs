//! KW059 priority-class.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod has no priority class.
    ///
    /// ## Why
    /// When a node is short, pods go in no order that anybody chose.
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
    ///       priorityClassName: web
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW059", slug: "priority-class", control: Scaling, severity: P3,
        aliases: ["kube-linter:priority-class-name", "polaris:priorityClassNotSet", "kyverno:require-pod-priorityclassname"],
        optional: true,
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.pod.field("priorityClassName").is_none() {
        let message = format!("`{}` has no priority class", workload.object().reference());
        findings.report(workload.pod_span(), message).help("name a class: `priorityClassName`");
    }
}
