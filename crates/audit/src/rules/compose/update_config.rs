//! CO071 update-config.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A swarm service does not say how it is updated.
    ///
    /// ## Why
    /// Swarm then replaces one container at a time without a pause, and goes on when the new ones fail to start.
    ///
    /// ## Example
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       replicas: 2
    /// ```
    /// ## Use instead
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       replicas: 2
    ///       update_config:
    ///         parallelism: 1
    ///         delay: 10s
    ///         order: start-first
    /// ```
    pub(crate) static RULE = {
        id: "CO071", slug: "update-config", control: Updates, severity: P2,
        seed: "8.2, 17.2",
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let is_there = service.deploy.as_ref().is_some_and(|deploy| deploy.update_config.is_some());
    super::wanted_in_swarm(
        service,
        "update_config",
        is_there,
        "does not say how it is updated",
        "parallelism: 1\ndelay: 10s\norder: start-first\nfailure_action: rollback",
        findings,
    );
}
