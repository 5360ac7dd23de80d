//! KW046 secret-in-configmap.

use windlass_images::credentials;
use windlass_k8s::view::{Fields as _, text};
use windlass_source::Origin;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A ConfigMap holds a credential.
    ///
    /// ## Why
    /// ConfigMaps are read by many and shown by every tool; rights on Secrets do not cover them.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data: { DB_PASSWORD: mother-of-pearl-7 }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data: { DB_HOST: db }
    /// ```
    pub(crate) static RULE = {
        id: "KW046", slug: "secret-in-configmap", control: Secrets, severity: P1,
        seed: "5.1",
        aliases: ["polaris:sensitiveConfigmapContent", "kubescape:C-0012", "trivy:KSV-0109", "trivy:KSV-01010", "datree:62–79"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    if object.kind() != "ConfigMap" {
        return findings.not_applicable();
    }
    for (key, value) in object.root().entries("data") {
        let Some(content) = text(value).filter(|content| !credentials::is_placeholder(content)) else { continue };
        let is_credential = if content.trim_end().contains('\n') {
            credentials::is_secret_file(key.as_str(), content.as_bytes())
        } else {
            credentials::variable(key.as_str(), content.trim_end(), &Origin::DEFAULT, None).is_some()
        };
        if is_credential {
            findings
                .report(value.span(), format!("`{}` holds the credential `{}`", object.reference(), key.as_str()))
                .help("move it to a Secret");
        }
    }
}
