//! CO002 healthcheck-disabled.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A service switches off the health check that its image brings.
    ///
    /// P3 for workers: the check of an image asks a server that a worker does not run. Services that end are not looked at.
    ///
    /// ## Why
    /// A container without a check counts as well as long as its process runs, however it hangs.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     healthcheck:
    ///       disable: true
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     healthcheck:
    ///       test: [CMD, wget, -qO, /dev/null, "http://127.0.0.1:8080/up"]
    ///       interval: 30s
    ///       timeout: 5s
    ///       retries: 3
    /// ```
    pub(crate) static RULE = {
        id: "CO002", slug: "healthcheck-disabled", control: ServiceHealth, severity: P2,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(check) = service.healthcheck.as_ref().filter(|_| service.is_long_running()) else { return findings.not_applicable() };
    if !check.value.is_disabled() {
        return;
    }
    let grade = match service.role() {
        Role::Worker => Grade::new(Severity::P3, format!("nobody sends a worker requests: {}", service.role_reason())),
        Role::DevTool | Role::Admin => Grade::new(Severity::P3, format!("it is of use to people only: {}", service.role_reason())),
        _ => service.grade(RULE.severity),
    };
    findings
        .report(service.attribute_span("healthcheck"), format!("the health check of `{}` is switched off", service.name()))
        .severity(grade)
        .help("write a check that fits what this service runs");
}
