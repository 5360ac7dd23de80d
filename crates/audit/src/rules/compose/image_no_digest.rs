//! CO036 image-no-digest.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An image is named by a tag without a digest.
    ///
    /// Images without a tag, or with one that moves, are not looked at: the tag comes first.
    ///
    /// ## Why
    /// Whoever owns the repository can put something else under the same tag. A digest names one image for ever; tools like Renovate keep
    /// it current.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17.6
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17.6@sha256:00000000000000000000000000000000000000000000000000000000000000aa
    /// ```
    pub(crate) static RULE = {
        id: "CO036", slug: "image-no-digest", control: PinnedVersions, severity: P3,
        aliases: ["compose-lint:CL-0019"],
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(reference) =
        service.reference().filter(|reference| service.is_pulled() && (!reference.is_latest() || service.has_unset_tag()))
    else {
        return findings.not_applicable();
    };
    if reference.digest().is_some() {
        return;
    }
    findings
        .report(service.image_span(), format!("`{}` has no digest", reference.familiar_name()))
        .help("add `@sha256:…` behind the tag; `docker buildx imagetools inspect` tells it");
}
