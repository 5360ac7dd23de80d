//! KW061 naked-pod.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Pod stands without a controller.
    ///
    /// ## Why
    /// When its node goes, nobody starts it again, and it can be neither scaled nor updated. Pods that are meant to end are excused.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: "acme/web:1.4" }]
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
    /// ```
    pub(crate) static RULE = {
        id: "KW061", slug: "naked-pod", control: Scaling, severity: P2,
        aliases: ["kubescape:C-0073", "kyverno:prevent-bare-pods", "datree:25"],
        effort: 20,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    if object.kind() != "Pod" || object.api_version() != "v1" {
        return findings.not_applicable();
    }
    if object.workload().is_some_and(|workload| workload.runs_to_completion()) {
        return findings.exempt("it ends by itself");
    }
    let message = format!("Pod `{}` has no controller", object.name());
    findings.report(object.name_span(), message).help("make it a Deployment, a StatefulSet or a Job");
}
