//! KR009 csr.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role may approve certificates, make tokens or create volumes of nodes.
    ///
    /// ## Why
    /// Each is a way to become somebody else, or to read a node.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR009", slug: "csr", control: Rbac, severity: P2,
        aliases: ["checkov:CKV_K8S_156", "kubescape:C-0280", "kubescape:C-0282", "kubescape:C-0278", "kyverno:restrict-clusterrole-csr"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for rule in object.role_rules() {
        if lists(rule, "resources", &["certificatesigningrequests/approval", "serviceaccounts/token", "persistentvolumes"])
            && lists(rule, "verbs", &["create", "update", "patch", "*"])
        {
            let message = format!("{} `{}` can approve certificates, make tokens or create volumes", object.kind(), object.name());
            findings.report(rule.span(), message).help("leave it to who runs the cluster");
        }
    }
}
