//! KR004 create-pods.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role can create pods.
    ///
    /// ## Why
    /// Who can create pods can mount any Secret of the namespace and run as any of its accounts.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [pods], verbs: [create] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR004", slug: "create-pods", control: Rbac, severity: P2,
        aliases: ["kube-linter:access-to-create-pods", "trivy:KSV-0048", "datree:101"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for rule in object.role_rules() {
        if lists(rule, "resources", &["pods", "deployments", "daemonsets", "statefulsets", "jobs", "cronjobs", "replicasets"])
            && lists(rule, "verbs", &["create", "*"])
        {
            let message = format!("{} `{}` can create pods", object.kind(), object.name());
            findings.report(rule.span(), message).help("leave it to a deployment tool of its own account");
        }
    }
}
