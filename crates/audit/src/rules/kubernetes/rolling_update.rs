//! KW050 rolling-update.

use windlass_k8s::view::{Fields as _, int, text};
use windlass_yaml::Node;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// An update stops all pods before the new ones run, or replaces none.
    ///
    /// Excused are pods with a volume, which two of them may not have at once.
    ///
    /// ## Why
    /// Nobody answers while the new version starts, and for good when it does not start. With `OnDelete` the old version runs until somebody deletes its pods.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   strategy: { type: Recreate }
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
    ///   strategy: { type: RollingUpdate, rollingUpdate: { maxUnavailable: 0 } }
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
        id: "KW050", slug: "rolling-update", control: Updates, severity: P2,
        seed: "8.2, 17.2",
        aliases: ["kube-linter:no-rolling-update-strategy", "kube-score:deployment-strategy", "kubescape:C-0305"],
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let spec = workload.object().root().field("spec");
    let Some(strategy) = spec.and_then(|spec| spec.field("strategy").or(spec.field("updateStrategy"))) else { return };
    let unavailable = strategy.at(&["rollingUpdate", "maxUnavailable"]);
    let is_all =
        |node: &Node| text(node) == Some("100%") || int(node).is_some_and(|count| workload.replicas().is_some_and(|all| count >= all));
    let message = match strategy.text("type") {
        Some("OnDelete") => format!("an update of `{}` replaces no pod", workload.object().reference()),
        Some("Recreate") => format!("an update of `{}` stops all pods first", workload.object().reference()),
        _ if unavailable.is_some_and(is_all) => format!("an update of `{}` may stop all pods first", workload.object().reference()),
        _ => return,
    };
    if workload.keeps_data() {
        return findings.exempt("its volume is one pod's");
    }
    let finding = findings.report(unavailable.or(Some(strategy)).and_then(Node::span), message);
    finding.help("use `type: RollingUpdate` with `maxUnavailable: 0`");
    if workload.services().next().is_none() {
        finding.severity(Grade::new(Severity::P3, "no Service among the manifests selects its pods"));
    }
}
