//! CO088 dev-tool-in-prod.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A tool for development runs in production: a mail catcher, a database browser.
    ///
    /// ## Why
    /// It shows mails and data to whoever reaches it, and nobody keeps it up to date.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   mail:
    ///     image: axllent/mailpit:v1.27
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    pub(crate) static RULE = {
        id: "CO088", slug: "dev-tool-in-prod", control: EnvironmentSeparation, severity: P3,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_production() {
        return findings.not_applicable();
    }
    if service.role() == Role::DevTool && service.image().is_some_and(|image| image.role == windlass_images::image::Role::DevTool) {
        findings
            .report(service.key_span(), format!("`{}` is a tool for development", service.name()))
            .help("put it into a profile, or into a file for development");
    }
}
