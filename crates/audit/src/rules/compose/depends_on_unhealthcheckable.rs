//! CO008 depends-on-unhealthcheckable.

use windlass_compose::model::Condition;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service waits until another is healthy, and that has no health check.
    ///
    /// Reported where it is known: the check is switched off, or the image's documentation or its Dockerfile shows that it brings none.
    ///
    /// ## Why
    /// Compose refuses to go on: "container has no healthcheck configured". The stack never starts.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     depends_on:
    ///       db:
    ///         condition: service_healthy
    ///   db:
    ///     image: postgres:17
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     depends_on:
    ///       db:
    ///         condition: service_healthy
    ///   db:
    ///     image: postgres:17
    ///     healthcheck:
    ///       test: [CMD-SHELL, pg_isready -U postgres]
    /// ```
    pub(crate) static RULE = {
        id: "CO008", slug: "depends-on-unhealthcheckable", control: StartOrder, severity: P1,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let waits = service.depends_on.iter().filter(|entry| entry.value.value.condition.value == Condition::Healthy);
    let mut applies = false;
    for entry in waits {
        applies = true;
        let Some(other) = service.stack().service(&entry.name.value).filter(|other| other.lacks_healthcheck()) else { continue };
        findings
            .report(
                entry.value.value.condition.span().or(entry.name.span()),
                format!("`{}` waits until `{}` is healthy, which has no health check", service.name(), other.name()),
            )
            .related(other.key_span(), "no `healthcheck` here, and none in its image")
            .help(format!("give `{}` a `healthcheck`, or wait for `service_started`", other.name()));
    }
    if !applies {
        findings.not_applicable();
    }
}
