//! CO073 rollback-config.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A swarm service does not say how an update is taken back.
    ///
    /// ## Why
    /// With the defaults all containers may be replaced at once.
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
    ///       rollback_config:
    ///         parallelism: 1
    ///         delay: 5s
    /// ```
    pub(crate) static RULE = {
        id: "CO073", slug: "rollback-config", control: Updates, severity: P3,
        seed: "17.2",
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let is_there = service.deploy.as_ref().is_some_and(|deploy| deploy.rollback_config.is_some());
    super::wanted_in_swarm(
        service,
        "rollback_config",
        is_there,
        "does not say how an update is taken back",
        "parallelism: 1\ndelay: 5s",
        findings,
    );
}
