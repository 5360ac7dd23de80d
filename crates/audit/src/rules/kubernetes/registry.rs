//! KW004 registry.

use windlass_k8s::view::Fields as _;

use crate::context::ContainerContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The image comes from a registry that is not one of the well-known.
    ///
    /// A house has registries of its own, and nobody else can know them: the rule runs when it is named, and what is right is suppressed by path.
    ///
    /// ## Why
    /// Who runs the registry decides what runs in the cluster.
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
    ///           image: registry.acme.example/web:1.4
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
    ///           image: ghcr.io/acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "KW004", slug: "registry", control: TrustedImages, severity: P2,
        aliases: ["kubescape:C-0001", "kubescape:C-0078", "kyverno:restrict-image-registries", "trivy:KSV-0125"],
        optional: true,
        effort: 10,
        check: Container(check),
    }
}

fn check(container: &ContainerContext<'_>, findings: &mut Findings<'_>) {
    const KNOWN: [&str; 12] = [
        "cgr.dev",
        "docker.elastic.co",
        "docker.io",
        "gcr.io",
        "ghcr.io",
        "lscr.io",
        "mcr.microsoft.com",
        "nvcr.io",
        "public.ecr.aws",
        "quay.io",
        "registry.gitlab.com",
        "registry.k8s.io",
    ];
    let (Some(reference), Some(image)) = (container.image(), container.node().field("image")) else { return findings.not_applicable() };
    if !KNOWN.contains(&reference.registry()) {
        let message = format!("container `{}` runs an image of the registry `{}`", container.name(), reference.registry());
        findings
            .report(image.span(), message)
            .help("take it from a registry that you trust, or allow this one by a suppression with its reason");
    }
}
