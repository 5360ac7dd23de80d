//! KW008 probes-identical.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The liveness probe is the readiness probe.
    ///
    /// ## Why
    /// A container that is busy for a moment should get no requests. With the same probe it is killed as well, and the others get its load.
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
    ///           readinessProbe: { httpGet: { path: /health, port: 8080 }, periodSeconds: 10, timeoutSeconds: 3 }
    ///           livenessProbe: { httpGet: { path: /health, port: 8080 }, periodSeconds: 10, timeoutSeconds: 3 }
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
    ///           readinessProbe: { httpGet: { path: /health, port: 8080 }, periodSeconds: 10, timeoutSeconds: 3 }
    ///           livenessProbe: { httpGet: { path: /health, port: 8080 }, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 6 }
    /// ```
    pub(crate) static RULE = {
        id: "KW008", slug: "probes-identical", control: ServiceHealth, severity: P3,
        aliases: ["kube-score:pod-probes-identical", "kyverno:ensure-probes-different"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let (Some(liveness), Some(readiness)) = (container.node().field("livenessProbe"), container.node().field("readinessProbe")) else {
        return findings.not_applicable();
    };
    if liveness.same_value(readiness) {
        findings
            .report(liveness.span(), format!("container `{}` is killed as soon as it is not ready", container.name()))
            .related(readiness.span(), "the same probe")
            .help("give the liveness probe a higher `failureThreshold`, or ask it something simpler");
    }
}
