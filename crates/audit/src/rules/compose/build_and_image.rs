//! CO037 build-and-image.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service is built and names an image as well, and nothing says which comes first.
    ///
    /// ## Why
    /// Without `pull_policy`, Compose first tries to pull an image of that name. On a machine without it, somebody else's image may run
    /// instead of what the sources say.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     build: .
    /// ```
    /// ```dockerfile
    /// FROM alpine:3.22
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     build: .
    ///     pull_policy: build
    /// ```
    /// ```dockerfile
    /// FROM alpine:3.22
    /// ```
    pub(crate) static RULE = {
        id: "CO037", slug: "build-and-image", control: ComposeSyntax, severity: P3,
        aliases: ["dclint:no-build-and-image"],
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.build.is_none() {
        return findings.not_applicable();
    }
    if service.model().image.is_none() || service.pull_policy.is_some() {
        return;
    }
    findings
        .report(service.image_span(), format!("`{}` is built, and Compose may pull its image all the same", service.name()))
        .help("add `pull_policy: build`, or leave `image` out")
        .suggest("always build", service.insert("pull_policy", "build"));
}
