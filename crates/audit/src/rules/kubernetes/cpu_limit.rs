//! KW012 cpu-limit.

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container may use every processor of its node.
    ///
    /// Many leave this limit out on purpose: a container that reaches it is slowed down although processors are free. So the rule runs when it is named.
    ///
    /// ## Why
    /// With a limit, what a container does is the same on an empty node and on a full one.
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
    ///           resources: { requests: { cpu: 100m } }
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
    ///           resources: { requests: { cpu: 100m }, limits: { cpu: "1" } }
    /// ```
    pub(crate) static RULE = {
        id: "KW012", slug: "cpu-limit", control: ResourceLimits, severity: P3,
        seed: "2.2",
        aliases: ["kube-score:container-resources", "polaris:cpuLimitsMissing", "kubescape:C-0270", "kyverno:require-cpu-limits / forbid-cpu-limits", "checkov:CKV_K8S_11", "trivy:KSV-0011", "kubesec:LimitsCPU", "datree:5 / DT 80"],
        optional: true,
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if container.is_long_running() && container.resource("limits", "cpu").is_none() {
        findings
            .report(container.name_span(), format!("container `{}` may use every processor of its node", container.name()))
            .help("add `resources.limits.cpu`");
    }
}
