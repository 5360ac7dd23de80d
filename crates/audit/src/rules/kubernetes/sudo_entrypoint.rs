//! KW070 sudo-entrypoint.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container is started with sudo.
    ///
    /// ## Why
    /// What it needs root for, it can be given by a capability, or done when the image is built.
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
    ///           command: [sudo, /bin/web]
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
    ///           command: [/bin/web]
    /// ```
    pub(crate) static RULE = {
        id: "KW070", slug: "sudo-entrypoint", control: RemoteAccess, severity: P2,
        aliases: ["kubescape:C-0062"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let words = ["command", "args"].into_iter().flat_map(|list| container.node().items(list));
    if let Some(word) = words.clone().find(|word| text(word).is_some_and(|word| word.split_whitespace().any(|part| part == "sudo"))) {
        let message = format!("container `{}` is started with sudo", container.name());
        findings.report(word.span(), message).help("start it as the user that it needs");
    }
}
