//! CO101 session-store.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An application runs several times and keeps sessions in files.
    ///
    /// ## Why
    /// Users are logged out whenever the next request goes to another container.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       SESSION_DRIVER: file
    ///     deploy:
    ///       replicas: 3
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       SESSION_DRIVER: redis
    ///     deploy:
    ///       replicas: 3
    /// ```
    pub(crate) static RULE = {
        id: "CO101", slug: "session-store", control: Scaling, severity: P2,
        seed: "17.3, 22.2",
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(driver) = service.variable("SESSION_DRIVER") else { return findings.not_applicable() };
    let alike = |other: &ServiceContext<'_>| {
        other.role() == Role::App
            && other.dockerfile().map(|dockerfile| dockerfile.file_id()) == service.dockerfile().map(|dockerfile| dockerfile.file_id())
            && service.dockerfile().is_some()
    };
    let instances = service.replicas().max(i64::try_from(service.stack().services().filter(alike).count()).unwrap_or(1));
    if instances > 1 && service.role() == Role::App && matches!(driver.value.as_str(), "file" | "array") {
        findings
            .report(driver.span().or(service.key_span()), format!("`{}` runs {instances} times, with sessions in files", service.name()))
            .severity(service.grade(RULE.severity))
            .help("keep sessions in Redis or the database");
    }
}
