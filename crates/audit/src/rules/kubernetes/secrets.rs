//! KR003 secrets.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role can read Secrets.
    ///
    /// ## Why
    /// With `list` or `watch` on Secrets, every password of the namespace is one request away; `get` by name is enough for most programs.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [secrets], verbs: [get, list] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [configmaps], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR003", slug: "secrets", control: Rbac, severity: P1,
        aliases: ["kube-linter:access-to-secrets", "kubescape:C-0015", "trivy:KSV-0041", "trivy:0113", "checkov:CKV2_K8S_5", "kyverno:restrict-secret-role-verbs", "datree:96"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for rule in object.role_rules() {
        if lists(rule, "resources", &["secrets"])
            && lists(rule, "verbs", &["list", "watch", "get", "*"])
            && !lists(rule, "resourceNames", &[])
        {
            let message = format!("{} `{}` can read every Secret", object.kind(), object.name());
            findings.report(rule.span(), message).help("name the Secrets in `resourceNames`, with `get` alone");
        }
    }
}
