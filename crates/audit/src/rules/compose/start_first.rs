//! CO072 start-first.

use windlass_compose::model::UpdateOrder;

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A swarm service is stopped before its successor starts.
    ///
    /// For datastores that is right: two must never open the same files.
    ///
    /// ## Why
    /// Each update is a gap in which nothing answers.
    ///
    /// ## Example
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       update_config:
    ///         parallelism: 1
    /// ```
    /// ## Use instead
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       update_config:
    ///         parallelism: 1
    ///         order: start-first
    /// ```
    pub(crate) static RULE = {
        id: "CO072", slug: "start-first", control: Updates, severity: P3,
        seed: "17.2",
        fix: Suggest,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let serves = matches!(service.role(), Role::App | Role::Proxy);
    let update = service.deploy.as_ref().and_then(|deploy| deploy.update_config.as_ref());
    let Some(update) = update.filter(|_| service.stack().is_swarm() && serves) else { return findings.not_applicable() };
    if update.order.as_ref().is_some_and(|order| order.value == UpdateOrder::StartFirst) {
        return;
    }
    findings
        .report(update.span().or(service.key_span()), format!("`{}` is stopped before its successor starts", service.name()))
        .help("write `order: start-first`")
        .suggest("write `order: start-first`", service.insert_in(&["deploy", "update_config"], "order", "start-first"));
}
