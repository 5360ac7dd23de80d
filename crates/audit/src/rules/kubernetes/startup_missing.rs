//! KW007 startup-missing.

use windlass_k8s::view::{Fields as _, int};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A liveness probe waits half a minute or more before it begins, and there is no startup probe.
    ///
    /// ## Why
    /// A start that takes longer is killed and begins again, for ever; one that is quicker goes unwatched meanwhile. A startup probe waits exactly as long as the start takes.
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
    ///           livenessProbe: { httpGet: { path: /health, port: 8080 }, initialDelaySeconds: 120, periodSeconds: 10 }
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
    ///           livenessProbe: { httpGet: { path: /health, port: 8080 }, periodSeconds: 10 }
    ///           startupProbe: { httpGet: { path: /health, port: 8080 }, periodSeconds: 5, failureThreshold: 60 }
    /// ```
    pub(crate) static RULE = {
        id: "KW007", slug: "startup-missing", control: ServiceHealth, severity: P3,
        seed: "7.3",
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let Some(delay) = container.node().at(&["livenessProbe", "initialDelaySeconds"]) else { return findings.not_applicable() };
    if let Some(seconds) = int(delay).filter(|seconds| *seconds >= 30 && container.node().field("startupProbe").is_none()) {
        findings
            .report(
                delay.span(),
                format!("container `{}` is not watched for {seconds} seconds, and killed when it starts in more", container.name()),
            )
            .help("take the delay away and add a `startupProbe` with a high `failureThreshold`");
    }
}
