//! KW069 subpath-cve.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container mounts a part of a volume by `subPath`.
    ///
    /// Nodes older than Kubernetes 1.22.2 can be escaped from with it (CVE-2021-25741); later ones can't. The rule runs when it is named.
    ///
    /// ## Why
    /// What is mounted so does not change when its ConfigMap or Secret does, and old nodes follow links out of the volume.
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
    ///       volumes: [{ name: config, configMap: { name: web } }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           volumeMounts: [{ name: config, mountPath: /etc/web.conf, subPath: web.conf }]
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
    ///       volumes: [{ name: config, configMap: { name: web } }]
    ///       containers:
    ///         - name: web
    ///           image: acme/web:1.4
    ///           volumeMounts: [{ name: config, mountPath: /etc/web }]
    /// ```
    pub(crate) static RULE = {
        id: "KW069", slug: "subpath-cve", control: Mounts, severity: P3,
        aliases: ["kubescape:C-0058", "datree:33"],
        optional: true,
        effort: 20,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    for mount in container.node().items("volumeMounts") {
        if let Some(part) = mount.field("subPath").or(mount.field("subPathExpr")) {
            let volume = mount.text("name").unwrap_or_default();
            let message = format!("container `{}` mounts a part of the volume `{volume}`", container.name());
            findings.report(part.span(), message).help("mount the whole volume at a directory of its own");
        }
    }
}
