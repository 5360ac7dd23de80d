//! CO097 pull-policy.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An image whose tag moves has no `pull_policy`: what is there is never renewed.
    ///
    /// ## Why
    /// Two machines run different images under one name, and the older one has last year's defects.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:latest
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:latest
    ///     pull_policy: always
    /// ```
    pub(crate) static RULE = {
        id: "CO097", slug: "pull-policy", control: PinnedVersions, severity: P3,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(reference) = service.reference().filter(|_| service.is_production() && service.is_pulled()) else {
        return findings.not_applicable();
    };
    // A short name that no catalogue has was mostly built on this machine, where nothing can be pulled.
    if reference.path().starts_with("library/") && service.image().is_none() {
        return findings.not_applicable();
    }
    if reference.is_latest() && service.pull_policy.is_none() {
        findings
            .report(service.image_span(), format!("`{}` moves, and is pulled once", reference.familiar_name()))
            .help("name a version, or write `pull_policy: always`");
    }
}
