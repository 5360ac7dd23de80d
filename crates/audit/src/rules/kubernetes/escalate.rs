//! KR006 escalate.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role can give itself further rights.
    ///
    /// ## Why
    /// `escalate`, `bind` and `impersonate` lift every other restriction.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [roles], verbs: [bind] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [roles], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR006", slug: "escalate", control: Rbac, severity: P1,
        aliases: ["checkov:CKV_K8S_157", "checkov:CKV_K8S_158", "checkov:CKV2_K8S_1", "checkov:CKV2_K8S_3", "kubescape:C-0065", "trivy:KSV-0043", "trivy:0050", "trivy:0051", "trivy:0052", "trivy:0055", "kyverno:restrict-escalation-verbs-roles", "datree:105"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for rule in object.role_rules() {
        if lists(rule, "verbs", &["escalate", "bind", "impersonate"]) {
            let message = format!("{} `{}` can give itself further rights", object.kind(), object.name());
            findings.report(rule.span(), message).help("remove these verbs");
        }
    }
}
