//! KN007 external-ips.

use windlass_k8s::view::Fields as _;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Service takes addresses of its own choice.
    ///
    /// ## Why
    /// Whoever may create Services can take the traffic of any address with `externalIPs` (CVE-2020-8554).
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { externalIPs: [10.0.0.9], selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    pub(crate) static RULE = {
        id: "KN007", slug: "external-ips", control: NetworkIsolation, severity: P1,
        aliases: ["kyverno:restrict-service-external-ips", "trivy:KSV-0108"],
        effort: 20,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(addresses) = object.root().at(&["spec", "externalIPs"]).filter(|_| object.kind() == "Service") else { return };
    if addresses.as_sequence().is_some_and(|addresses| !addresses.is_empty()) {
        let message = format!("Service `{}` takes external addresses", object.name());
        findings.report(addresses.span(), message).help("use a load balancer or an Ingress");
    }
}
