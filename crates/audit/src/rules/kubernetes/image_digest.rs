//! KW002 image-digest.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The image is named by a tag without a digest.
    ///
    /// Images without a tag, or with one that moves, are not looked at: the tag comes first.
    ///
    /// ## Why
    /// Whoever owns the repository can put something else under the same tag. A digest names one image for ever.
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
    ///           image: acme/web:1.4@sha256:00000000000000000000000000000000000000000000000000000000000000aa
    /// ```
    pub(crate) static RULE = {
        id: "KW002", slug: "image-digest", control: PinnedVersions, severity: P3,
        aliases: ["checkov:CKV_K8S_43", "kubescape:C-0306", "kyverno:require-image-checksum", "datree:23"],
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let (Some(reference), Some(image)) = (container.image(), container.node().field("image")) else { return findings.not_applicable() };
    if reference.is_moving() {
        return findings.not_applicable();
    }
    if reference.digest().is_none() {
        findings
            .report(image.span(), format!("container `{}` runs `{}`, which has no digest", container.name(), reference.familiar_name()))
            .help("add `@sha256:…` behind the tag; `docker buildx imagetools inspect` tells it");
    }
}
