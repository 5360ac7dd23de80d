//! KW020 run-as-root-uid.

use windlass_k8s::view::int;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A container runs as root, or with its group, by number.
    ///
    /// ## Why
    /// A break out of the process is then root's, on the node too where nothing else is in the way.
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
    ///           securityContext: { runAsUser: 0 }
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
    ///           securityContext: { runAsUser: 10001 }
    /// ```
    pub(crate) static RULE = {
        id: "KW020", slug: "run-as-root-uid", control: ImageUser, severity: P1,
        aliases: ["trivy:KSV-0105", "trivy:KSV-0116", "kyverno:require-run-as-non-root-user", "kyverno:require-non-root-groups"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    if let Some(node) = container.security("runAsUser").filter(|node| int(node) == Some(0)) {
        let message = format!("container `{}` runs as user 0", container.name());
        findings.report(node.span(), message).help("run as a user of the image's own: `runAsUser: 10001`");
    } else if let Some(node) = container.security("runAsGroup").filter(|node| int(node) == Some(0)) {
        let message = format!("container `{}` runs with the group 0", container.name());
        let finding = findings.report(node.span(), message).help("run with a group of the image's own: `runAsGroup: 10001`");
        finding.severity(Grade::new(Severity::P3, "what belongs to the group of root is rarely of use to others"));
    }
}
