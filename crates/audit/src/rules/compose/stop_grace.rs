//! CO099 stop-grace.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A worker or database has ten seconds to end.
    ///
    /// ## Why
    /// Docker kills it then: a job is cut off, and a database has to recover at the next start.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   worker:
    ///     image: acme/app:1.4
    ///     command: php artisan queue:work --tries=3 --max-time=3600
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   worker:
    ///     image: acme/app:1.4
    ///     command: php artisan queue:work --tries=3 --max-time=3600
    ///     stop_grace_period: 1m
    /// ```
    pub(crate) static RULE = {
        id: "CO099", slug: "stop-grace", control: Shutdown, severity: P3,
        seed: "8.3, 12.1",
        fix: Suggest,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_production() || !matches!(service.role(), Role::Worker | Role::Datastore) {
        return findings.not_applicable();
    }
    if service.stop_grace_period.is_some() {
        return;
    }
    findings
        .report(service.key_span(), format!("`{}` is killed after ten seconds", service.name()))
        .help("add `stop_grace_period: 1m`")
        .suggest("add `stop_grace_period`", service.insert("stop_grace_period", "1m"));
}
