//! KR001 wildcard.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role has a wildcard.
    ///
    /// ## Why
    /// `*` also means what a later version or an extension of Kubernetes adds.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: ["*"], verbs: [get] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR001", slug: "wildcard", control: Rbac, severity: P1,
        aliases: ["kube-linter:wildcard-in-rules", "checkov:CKV_K8S_49", "trivy:KSV-0044", "trivy:0045", "trivy:0046", "trivy:0112", "kyverno:restrict-wildcard-verbs/-resources", "datree:97"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for rule in object.role_rules() {
        if lists(rule, "verbs", &["*"]) || lists(rule, "resources", &["*"]) {
            let message = format!("{} `{}` allows everything with a wildcard", object.kind(), object.name());
            findings.report(rule.span(), message).help("name the resources and verbs that are needed");
        }
    }
}
