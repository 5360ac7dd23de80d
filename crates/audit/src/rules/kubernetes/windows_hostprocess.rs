//! KW037 windows-hostprocess.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container of Windows runs as a process of its node.
    ///
    /// ## Why
    /// It has the rights of the node.
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
    ///           securityContext: { windowsOptions: { hostProcess: true } }
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
    ///           securityContext: { windowsOptions: { hostProcess: false } }
    /// ```
    pub(crate) static RULE = {
        id: "KW037", slug: "windows-hostprocess", control: HostAccess, severity: P1,
        aliases: ["polaris:hostProcess", "kyverno:disallow-host-process", "trivy:KSV-0103", "datree:85"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if let Some(node) =
        container.security("windowsOptions").and_then(|options| options.field("hostProcess")).filter(|node| node.as_bool() == Some(true))
    {
        let message = format!("container `{}` is a process of its node", container.name());
        findings.report(node.span(), message).help("leave `hostProcess` out");
    }
}
