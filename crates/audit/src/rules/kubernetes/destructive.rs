//! KR011 destructive.

use crate::context::{ObjectContext, lists};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A role may delete what runs or tells what happened, or change how others are reached: pods, namespaces, events and logs; Endpoints, network policies, Ingresses and the status of Services.
    ///
    /// A right to named objects (`resourceNames`) is passed over.
    ///
    /// ## Why
    /// Who can delete events covers tracks; who can write Endpoints or the status of a Service leads the traffic of others elsewhere.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [events], verbs: [delete] }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: web }
    /// rules: [{ apiGroups: [""], resources: [events], verbs: [create, patch] }]
    /// ```
    pub(crate) static RULE = {
        id: "KR011", slug: "destructive", control: Rbac, severity: P3,
        aliases: ["kubescape:C-0007", "kubescape:C-0031", "kubescape:C-0037", "trivy:KSV-0042", "trivy:0049", "trivy:0056", "trivy:0115", "checkov:CKV2_K8S_4"],
        effort: 20,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    const DELETES: [&str; 3] = ["delete", "deletecollection", "*"];
    const WRITES: [&str; 7] = ["create", "update", "patch", "delete", "deletecollection", "bind", "*"];
    for rule in object.role_rules().iter().filter(|rule| !lists(rule, "resourceNames", &[])) {
        let may = |resources: &[&'static str], verbs: &[&str]| {
            let named = resources.iter().copied().find(|resource| lists(rule, "resources", &[resource]));
            named.filter(|_| lists(rule, "verbs", verbs))
        };
        let power = match may(&["events", "pods/log", "pods", "namespaces"], &DELETES) {
            Some(resource) => Some(("delete", resource)),
            None => may(&["endpoints", "endpointslices", "ingresses", "networkpolicies", "services/status"], &WRITES)
                .map(|resource| ("change", resource)),
        };
        if let Some((what, resource)) = power {
            let message = format!("{} `{}` can {what} `{resource}`", object.kind(), object.name());
            findings.report(rule.span(), message).help("name the verbs that are needed, or the objects with `resourceNames`");
        }
    }
}
