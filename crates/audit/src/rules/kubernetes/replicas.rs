//! KW049 replicas.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Pods behind a Service run once.
    ///
    /// Excused are pods with data of their own, which can't simply be doubled, and what an autoscaler counts.
    ///
    /// ## Why
    /// When their node fails or is drained, nobody answers until another pod is ready.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 1
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 2
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    pub(crate) static RULE = {
        id: "KW049", slug: "replicas", control: Scaling, severity: P2,
        seed: "8.1, 8.2",
        aliases: ["kube-linter:minimum-three-replicas", "kube-score:deployment-replicas", "polaris:deploymentMissingReplicas", "kyverno:require-deployments-have-multiple-replicas", "datree:16"],
        effort: 15,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    if workload.replicas().is_none() || workload.services().next().is_none() || workload.autoscaler().is_some() {
        return findings.not_applicable();
    }
    if workload.keeps_data() {
        return findings.exempt("its data is one pod's");
    }
    if workload.replicas() == Some(1) {
        let replicas = workload.object().root().at(&["spec", "replicas"]).and_then(Node::span);
        let message = format!("`{}` runs once", workload.object().reference());
        findings.report(replicas.or(workload.object().name_span()), message).help("set `replicas: 2` if it keeps no state of its own");
    }
}
