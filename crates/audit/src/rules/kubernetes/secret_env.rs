//! KW044 secret-env.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container reads a Secret through a variable.
    ///
    /// ## Why
    /// Variables are seen by every process of the container, and stand in its crash reports.
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
    ///           env: [{ name: PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }]
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
    ///           volumeMounts: [{ name: db, mountPath: /run/secrets/db, readOnly: true }]
    /// ```
    pub(crate) static RULE = {
        id: "KW044", slug: "secret-env", control: Secrets, severity: P3,
        aliases: ["kube-linter:read-secret-from-env-var", "kyverno:disallow-secrets-from-env-vars", "checkov:CKV_K8S_35", "kubesec:SecretsAsEnvironmentVariables", "datree:98"],
        optional: true,
        effort: 30,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    for variable in container.node().items("env").iter().filter(|variable| variable.at(&["valueFrom", "secretKeyRef"]).is_some()) {
        let name = variable.text("name").unwrap_or_default();
        let message = format!("container `{}` reads a Secret through the variable `{name}`", container.name());
        findings.report(variable.span(), message).help("mount the Secret, if the program can read a file");
    }
}
