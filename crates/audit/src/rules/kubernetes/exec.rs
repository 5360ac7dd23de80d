//! KR005 exec.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role can run commands in containers.
    ///
    /// ## Why
    /// `exec` and `attach` are a shell in every container of the namespace, with its secrets.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [pods/exec], verbs: [create] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: app }
    /// rules: [{ apiGroups: [""], resources: [pods/log], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR005", slug: "exec", control: Rbac, severity: P1,
        aliases: ["polaris:rolePodExecAttach", "polaris:clusterrolePodExecAttach", "polaris:*binding*PodExecAttach", "kubescape:C-0002", "kubescape:C-0063", "trivy:KSV-0053", "trivy:0054", "checkov:CKV2_K8S_2", "datree:48"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for rule in object.role_rules() {
        if lists(rule, "resources", &["pods/exec", "pods/attach", "pods/portforward"]) && lists(rule, "verbs", &["create", "get", "*"]) {
            let message = format!("{} `{}` can run commands in containers", object.kind(), object.name());
            findings.report(rule.span(), message).help("remove it");
        }
    }
}
