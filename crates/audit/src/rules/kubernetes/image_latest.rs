//! KW001 image-latest.

use windlass_images::Reference;
use windlass_k8s::view::{Fields as _, text};

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The image has no tag, or `latest`.
    ///
    /// ## Why
    /// Another image may run after the next restart, and nobody can say which one ran yesterday.
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
    ///           image: acme/web:latest
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
    /// ```
    pub(crate) static RULE = {
        id: "KW001", slug: "image-latest", control: PinnedVersions, severity: P2,
        seed: "12.1",
        aliases: ["kube-linter:latest-tag", "kube-score:container-image-tag", "polaris:tagNotSpecified", "kubescape:C-0075", "kyverno:disallow-latest-tag", "checkov:CKV_K8S_14", "trivy:KSV-0013", "datree:1"],
        effort: 5,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    let Some(image) = container.node().field("image") else { return findings.not_applicable() };
    let Some(reference) = text(image).and_then(|image| Reference::parse(image).ok()) else { return findings.not_applicable() };
    if reference.digest().is_some() || reference.tag().is_some_and(|tag| tag != "latest") {
        return;
    }
    let message = format!("container `{}` runs `{}`, whatever that is today", container.name(), text(image).unwrap_or_default());
    findings.report(image.span(), message).help("name a version: `image: NAME:1.4`");
}
