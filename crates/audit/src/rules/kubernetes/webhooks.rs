//! KR008 webhooks.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role may change admission webhooks.
    ///
    /// ## Why
    /// Who can, sees and changes every object that passes. A right to named configurations (`resourceNames`) reaches only those, and is passed over.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [update] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR008", slug: "webhooks", control: Rbac, severity: P1,
        aliases: ["checkov:CKV_K8S_155", "trivy:KSV-0114", "kubescape:C-0281", "kyverno:restrict-clusterrole-mutating-validating-admission-webhooks"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    // What is named is somebody's own; nothing can be created by name.
    for rule in object.role_rules().iter().filter(|rule| !lists(rule, "resourceNames", &[])) {
        if lists(rule, "resources", &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"])
            && lists(rule, "verbs", &["create", "update", "patch", "delete", "*"])
        {
            let message = format!("{} `{}` can change admission webhooks", object.kind(), object.name());
            findings.report(rule.span(), message).help("leave them to who runs the cluster");
        }
    }
}
