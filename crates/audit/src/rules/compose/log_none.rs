//! CO063 log-none.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// What a service prints is thrown away.
    ///
    /// ## Why
    /// When it fails, nobody can see why.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     logging:
    ///       driver: none
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     logging:
    ///       driver: local
    /// ```
    pub(crate) static RULE = {
        id: "CO063", slug: "log-none", control: Logging, severity: P2,
        aliases: ["compose-lint:CL-0014"],
        fix: Suggest,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let driver = service.logging.as_ref().and_then(|logging| logging.value.driver.as_ref());
    let Some(driver) = driver else { return findings.not_applicable() };
    if driver.value == "none" {
        findings
            .report(driver.span().or(service.attribute_span("logging")), format!("`{}` leaves no log", service.name()))
            .severity(service.grade(RULE.severity))
            .help("use the driver `local`, which keeps the last 100 MB")
            .suggest("keep the last 100 MB", service.context().replace(driver.span(), "none", "local"));
    }
}
