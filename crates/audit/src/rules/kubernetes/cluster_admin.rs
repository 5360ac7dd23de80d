//! KR002 cluster-admin.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An account is bound to `cluster-admin`.
    ///
    /// ## Why
    /// It may do everything in every namespace; whoever takes over one pod of it has the cluster.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: app }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
    /// subjects: [{ kind: ServiceAccount, name: app, namespace: default }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: app }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects: [{ kind: ServiceAccount, name: app, namespace: default }]
    /// ```
    pub(crate) static RULE = {
        id: "KR002", slug: "cluster-admin", control: Rbac, severity: P1,
        aliases: ["kube-linter:cluster-admin-role-binding", "polaris:clusterrolebindingClusterAdmin", "polaris:rolebindingClusterAdmin*", "kubescape:C-0035", "kubescape:C-0272", "trivy:KSV-0111", "kyverno:restrict-binding-clusteradmin", "datree:95"],
        effort: 60,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(name) = object.root().at(&["roleRef", "name"]).filter(|name| text(name) == Some("cluster-admin")) else { return };
    findings
        .report(name.span(), format!("{} `{}` makes cluster administrators", object.kind(), object.name()))
        .help("bind a role with the rights that are needed");
}
