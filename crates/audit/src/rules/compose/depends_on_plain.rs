//! CO007 depends-on-plain.

use windlass_compose::model::Condition;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A service waits only for the start of another, although that has a health check.
    ///
    /// P3 where `condition: service_started` is written out, since somebody may have meant it. Nobody has to wait for metrics, logs and
    /// mail catchers, and Swarm does not know `depends_on`.
    ///
    /// ## Why
    /// A container that has started is not ready yet. The service that waits meets a database that refuses it, and ends or shows errors.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     depends_on:
    ///       - db
    ///   db:
    ///     image: postgres:17
    ///     healthcheck:
    ///       test: [CMD-SHELL, pg_isready -U postgres]
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
        id: "CO007", slug: "depends-on-plain", control: StartOrder, severity: P2,
        seed: "2.2, 7.4",
        fix: Auto,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.stack().is_swarm() {
        return findings.not_applicable();
    }
    let mut applies = false;
    for entry in &service.depends_on {
        let Some(other) = service.stack().service(&entry.name.value).filter(|other| other.is_relied_on() && other.has_healthcheck()) else {
            continue;
        };
        // What links and shared networks imply is not written, and can't be told to wait.
        let Some(span) = entry.name.span().or(entry.value.span()) else { continue };
        applies = true;
        let condition = &entry.value.value.condition;
        if condition.value != Condition::Started {
            continue;
        }
        let is_explicit = condition.span().is_some_and(|span| service.context().slice(span).contains("service_started"));
        let grade = if is_explicit { Grade::new(Severity::P3, "`service_started` is written out") } else { service.grade(RULE.severity) };
        let edit = match condition.span().filter(|_| is_explicit) {
            Some(span) => service.context().replace(span, "service_started", "service_healthy"),
            None => service.wait_for_health(),
        };
        findings
            .report(span, format!("`{}` does not wait until `{}` is healthy", service.name(), other.name()))
            .severity(grade)
            .help("use `condition: service_healthy`")
            .fix("wait for the health check", edit);
    }
    if !applies {
        findings.not_applicable();
    }
}
