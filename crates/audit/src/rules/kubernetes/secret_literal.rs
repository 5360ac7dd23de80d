//! KW045 secret-literal.

use windlass_images::credentials;
use windlass_k8s::view::{Fields as _, text};
use windlass_source::Origin;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A credential stands in the manifest as the value of a variable.
    ///
    /// ## Why
    /// Whoever reads the repository or the object has it. It can't be changed without changing every copy of the file.
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
    ///           env: [{ name: DB_PASSWORD, value: mother-of-pearl-7 }]
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
    ///           env: [{ name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }]
    /// ```
    pub(crate) static RULE = {
        id: "KW045", slug: "secret-literal", control: Secrets, severity: P1,
        seed: "5.1",
        aliases: ["kube-linter:env-var-secret", "polaris:sensitiveContainerEnvVar", "kubescape:C-0012", "kubescape:C-0259"],
        effort: 30,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let entry = container.image_entry();
    for variable in container.node().items("env") {
        let (Some(name), Some(value)) = (variable.text("name"), variable.field("value")) else { continue };
        // `$(NAME)` is the value of another variable, and `web-tls` of `web` the name of a Secret.
        let object = container.workload().object();
        let names_secret = |value: &str| {
            let is_own = value.strip_prefix(object.name()).is_some_and(|rest| rest.starts_with('-'));
            is_own || object.neighbour("Secret", value).is_some()
        };
        let is_literal = |value: &&str| !value.contains("$(") && !credentials::is_placeholder(value) && !names_secret(value);
        if text(value).filter(is_literal).and_then(|value| credentials::variable(name, value, &Origin::DEFAULT, entry)).is_some() {
            findings
                .report(value.span(), format!("container `{}` has the credential `{name}` in the manifest", container.name()))
                .help("put it in a Secret and read it with `valueFrom.secretKeyRef`");
        }
    }
}
