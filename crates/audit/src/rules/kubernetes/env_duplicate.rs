//! KW047 env-duplicate.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A variable is set twice in one container.
    ///
    /// ## Why
    /// The last one counts, and `kubectl apply` may drop either.
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
    ///           env: [{ name: MODE, value: a }, { name: MODE, value: b }]
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
    ///           env: [{ name: MODE, value: b }]
    /// ```
    pub(crate) static RULE = {
        id: "KW047", slug: "env-duplicate", control: Variables, severity: P2,
        aliases: ["kube-linter:duplicate-env-var", "kube-score:environment-variable-key-duplication", "kubescape:C-0295"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for variable in container.node().items("env") {
        let Some(name) = variable.field("name") else { continue };
        if !seen.insert(text(name)) {
            let message = format!("container `{}` sets `{}` twice", container.name(), text(name).unwrap_or_default());
            findings.report(name.span(), message).help("remove one of the two");
        }
    }
}
