//! KN005 service-type.

use windlass_k8s::view::{Fields as _, text};

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Service is open to the outside of the cluster by a port of every node or a load balancer.
    ///
    /// ## Why
    /// Each such port is one more door beside the Ingress, without its TLS, host names and limits.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    pub(crate) static RULE = {
        id: "KN005", slug: "service-type", control: PortExposure, severity: P2,
        seed: "3.2",
        aliases: ["kube-linter:exposed-services", "kube-score:service-type", "kyverno:restrict-node-port", "kyverno:restrict-loadbalancer", "kubescape:C-0256", "kubescape:C-0266", "datree:7"],
        effort: 20,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(kind) = object.root().at(&["spec", "type"]).filter(|_| object.kind() == "Service") else { return };
    if let Some(kind_name @ ("NodePort" | "LoadBalancer")) = text(kind) {
        let message = format!("Service `{}` is open to the outside: `{kind_name}`", object.name());
        findings.report(kind.span(), message).help("keep it `ClusterIP`, and let an Ingress or a Gateway lead to it");
    }
}
