//! CO003 healthcheck-no-params.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A health check leaves its timing to Docker.
    ///
    /// `start_period` is asked for only where the failures that count are over in less than 20 seconds.
    ///
    /// ## Why
    /// The defaults are 30 s between checks, 30 s for an answer and 3 failures: a server that hangs is noticed after three minutes, and
    /// what waits for a healthy service starts half a minute late.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     healthcheck:
    ///       test: [CMD, wget, -qO, /dev/null, "http://127.0.0.1:8080/up"]
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
        id: "CO003", slug: "healthcheck-no-params", control: ServiceHealth, severity: P3,
        seed: "7.3",
        aliases: ["kics:healthcheck_not_set"],
        effort: 5,
        check: Service(check),
    }
}

/// Seconds of failures after which a container may well count as unhealthy while it still starts.
const SHORT: f64 = 20.0;

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(check) = service.own_healthcheck().filter(|check| check.test.is_some()) else { return findings.not_applicable() };
    let starts_fast = matches!(service.role(), Role::Cache | Role::Proxy | Role::DevTool);
    let is_short = check.interval().seconds() * (check.retries() as f64) < SHORT;
    let missing: Vec<&str> = [
        ("interval", check.interval.is_none() && check.start_interval.is_none()),
        ("timeout", check.timeout.is_none()),
        ("retries", check.retries.is_none()),
        ("start_period", check.start_period.is_none() && is_short && !starts_fast),
    ]
    .into_iter()
    .filter_map(|(name, is_missing)| is_missing.then_some(name))
    .collect();
    if missing.is_empty() {
        return;
    }
    let names = missing.join("`, `");
    findings
        .report(service.attribute_span("healthcheck"), format!("the health check of `{}` says nothing of `{names}`", service.name()))
        .help("write how often it asks, how long it waits, how often it may fail, and how long the start may take");
}
