//! KW028 selinux.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pod sets SELinux options of its own.
    ///
    /// ## Why
    /// A user, a role or an odd type takes the pod out of what confines containers.
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
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           securityContext: { seLinuxOptions: { type: spc_t } }
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
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           securityContext: { seLinuxOptions: { type: container_t } }
    /// ```
    pub(crate) static RULE = {
        id: "KW028", slug: "selinux", control: RuntimeHardening, severity: P3,
        aliases: ["trivy:KSV-0025", "kyverno:disallow-selinux", "datree:86–88"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    const KNOWN: [&str; 4] = ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
    let Some(options) = container.security("seLinuxOptions") else { return findings.not_applicable() };
    let is_odd = options.text("type").is_some_and(|kind| !KNOWN.contains(&kind));
    if is_odd || options.text("user").is_some() || options.text("role").is_some() {
        let message = format!("container `{}` has SELinux options of its own", container.name());
        findings.report(options.span(), message).help("leave `user` and `role` out, and use a type of containers");
    }
}
