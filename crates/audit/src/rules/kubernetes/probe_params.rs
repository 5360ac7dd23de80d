//! KW010 probe-params.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A probe leaves its timing to Kubernetes, or runs a program that has one second to end.
    ///
    /// A probe says enough with one of `initialDelaySeconds`, `periodSeconds`, `timeoutSeconds` and `failureThreshold`.
    ///
    /// ## Why
    /// The defaults are one second to answer and three attempts. A program is slow to start when its node is busy, and then a healthy container is killed.
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
    ///           livenessProbe: { exec: { command: [web, check] }, periodSeconds: 30 }
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
    ///           livenessProbe: { exec: { command: [web, check] }, periodSeconds: 30, timeoutSeconds: 5 }
    /// ```
    pub(crate) static RULE = {
        id: "KW010", slug: "probe-params", control: ServiceHealth, severity: P3,
        seed: "7.3",
        aliases: ["datree:55–59", "kyverno:deny-commands-in-exec-probe"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    const TIMING: [&str; 4] = ["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"];
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.node().field(name) else { continue };
        if TIMING.iter().all(|setting| probe.field(setting).is_none()) {
            let message = format!("the `{name}` of container `{}` leaves its timing to Kubernetes", container.name());
            findings.report(probe.span(), message).help("say `periodSeconds`, `timeoutSeconds` and `failureThreshold`");
        } else if probe.field("exec").is_some() && probe.int("timeoutSeconds").is_none_or(|seconds| seconds <= 1) {
            let message = format!("the program of the `{name}` of container `{}` has one second to end", container.name());
            findings.report(probe.span(), message).help("add `timeoutSeconds: 5`");
        }
    }
}
