//! KR010 system-groups.

use windlass_k8s::view::Fields as _;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A binding gives rights to everybody, or to the cluster's masters.
    ///
    /// ## Why
    /// Anonymous and all signed-in users are anybody who reaches the API server.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: web }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: system:authenticated }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: web }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects: [{ kind: ServiceAccount, name: web, namespace: shop }]
    /// ```
    pub(crate) static RULE = {
        id: "KR010", slug: "system-groups", control: Rbac, severity: P1,
        aliases: ["kubesec:BindingsToSystemAnonymous", "trivy:KSV-0122", "trivy:0123", "trivy:01011", "kubescape:C-0262", "kubescape:C-0265", "kyverno:restrict-binding-system-groups", "datree:104"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    const EVERYBODY: [&str; 4] = ["system:anonymous", "system:unauthenticated", "system:authenticated", "system:masters"];
    if !object.kind().ends_with("RoleBinding") {
        return findings.not_applicable();
    }
    for subject in object.root().items("subjects") {
        let name = subject.text("name").unwrap_or_default();
        if EVERYBODY.contains(&name) {
            let message = format!("`{}` gives rights to `{name}`", object.reference());
            findings.report(subject.span(), message).help("name the accounts that need them");
        }
    }
}
