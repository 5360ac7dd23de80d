//! KW029 procmount.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container sees all of `/proc`.
    ///
    /// ## Why
    /// Unmasked, it shows and lets change what belongs to the node.
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
    ///           securityContext: { procMount: Unmasked }
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
    ///           securityContext: { procMount: Default }
    /// ```
    pub(crate) static RULE = {
        id: "KW029", slug: "procmount", control: RuntimeHardening, severity: P1,
        aliases: ["kube-linter:unsafe-proc-mount", "polaris:procMount", "kyverno:disallow-proc-mount", "trivy:KSV-0027"],
        effort: 2,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if let Some(node) = container.node().at(&["securityContext", "procMount"]).filter(|node| text(node) != Some("Default")) {
        let message = format!("container `{}` has its `/proc` unmasked", container.name());
        findings.report(node.span(), message).help("leave `procMount` out");
    }
}
