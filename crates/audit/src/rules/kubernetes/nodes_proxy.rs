//! KR007 nodes-proxy.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role may speak to kubelets through the API server.
    ///
    /// ## Why
    /// `nodes/proxy` runs commands in every pod of a node, past admission and the audit log.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [nodes/proxy], verbs: [get, create] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR007", slug: "nodes-proxy", control: Rbac, severity: P1,
        aliases: ["trivy:KSV-0047", "kubescape:C-0279", "kyverno:restrict-clusterrole-nodesproxy"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    for rule in object.role_rules() {
        if lists(rule, "resources", &["nodes/proxy"]) && lists(rule, "verbs", &["get", "create", "*"]) {
            let message = format!("{} `{}` can speak to every kubelet", object.kind(), object.name());
            findings.report(rule.span(), message).help("leave `nodes/proxy` out");
        }
    }
}
