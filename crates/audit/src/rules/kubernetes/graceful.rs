//! KW060 graceful.

use windlass_k8s::view::{Fields as _, int};

use crate::context::{Role, WorkloadContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The pods have too little time to end.
    ///
    /// Thirty seconds are the default. A database with less, and anything else with less than five, is reported.
    ///
    /// ## Why
    /// What has not ended by then is killed: requests are cut off, and a database has to recover at its next start.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       terminationGracePeriodSeconds: 0
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       terminationGracePeriodSeconds: 60
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW060", slug: "graceful", control: Shutdown, severity: P3,
        seed: "8.3, 12.1",
        aliases: ["datree:60"],
        effort: 2,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    let Some(node) = workload.pod.field("terminationGracePeriodSeconds").filter(|_| !workload.runs_to_completion()) else { return };
    let keeps_data = workload.containers().any(|container| container.role().is_some_and(Role::is_datastore));
    let least = if keeps_data { 30 } else { 5 };
    if let Some(seconds) = int(node).filter(|seconds| *seconds < least) {
        let message = format!("`{}` is killed {seconds} seconds after it is told to end", workload.object().reference());
        findings.report(node.span(), message).help(format!("give it {least} seconds or more"));
    }
}
