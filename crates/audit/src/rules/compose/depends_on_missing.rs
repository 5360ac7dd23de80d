//! CO009 depends-on-missing.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service speaks to another, by what its variables say, and does not wait for it.
    ///
    /// Metrics, logs and mail go to services that nobody has to wait for, and Swarm does not know `depends_on`. Of two services that
    /// speak to each other neither can wait.
    ///
    /// ## Why
    /// Which of the two starts first is chance. The service meets nobody under that name, and ends or shows errors.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       DB_HOST: db
    ///   db:
    ///     image: postgres:17
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       DB_HOST: db
    ///     depends_on:
    ///       - db
    ///   db:
    ///     image: postgres:17
    /// ```
    pub(crate) static RULE = {
        id: "CO009", slug: "depends-on-missing", control: StartOrder, severity: P3,
        seed: "2.2",
        fix: Auto,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let hosts = service.hosts();
    if hosts.is_empty() || service.role() == Role::Monitoring || service.stack().is_swarm() {
        return findings.not_applicable();
    }
    for (other, value) in hosts {
        let is_mutual = other.hosts().iter().any(|(host, _)| host.name() == service.name());
        // Services of a profile start only when that is asked for.
        let starts_apart = !other.profiles.is_empty() && other.profiles.len() != service.profiles.len();
        if !other.is_relied_on()
            || is_mutual
            || starts_apart
            || service.waits_for(other)
            || other.waits_for(*service)
            || !other.is_long_running()
        {
            continue;
        }
        let item = if other.has_healthcheck() { "with `condition: service_healthy`" } else { "" };
        let help = format!("add `{}` to `depends_on` {item}", other.name());
        findings
            .report(
                value.span().or(service.key_span()),
                format!("`{}` speaks to `{}` and does not wait for it", service.name(), other.name()),
            )
            .help(help.trim_end())
            .fix("wait for it", service.wait_for(other));
    }
}
