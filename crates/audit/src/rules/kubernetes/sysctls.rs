//! KW030 sysctls.

use windlass_k8s::view::Fields as _;

use crate::context::WorkloadContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod sets an unsafe sysctl.
    ///
    /// ## Why
    /// It changes the kernel for other pods of the node, or is refused by it.
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
    ///       securityContext: { sysctls: [{ name: kernel.msgmax, value: "65536" }] }
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
    ///       securityContext: { sysctls: [{ name: net.ipv4.tcp_syncookies, value: "1" }] }
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW030", slug: "sysctls", control: RuntimeHardening, severity: P2,
        aliases: ["kube-linter:unsafe-sysctls", "kyverno:restrict-sysctls", "trivy:KSV-0026"],
        effort: 10,
        check: Workload(check),
    }
}

fn check(workload: &WorkloadContext<'_>, findings: &mut Findings<'_>) {
    // Those that Kubernetes counts as safe.
    const SAFE: [&str; 12] = [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    ];
    for sysctl in workload.pod.field("securityContext").map(|context| context.items("sysctls")).unwrap_or_default() {
        let name = sysctl.text("name").unwrap_or_default();
        if !SAFE.contains(&name) {
            let message = format!("`{}` sets the unsafe sysctl `{name}`", workload.object().reference());
            findings.report(sysctl.span(), message).help("set it on the node, or leave it out");
        }
    }
}
