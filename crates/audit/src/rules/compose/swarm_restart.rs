//! CO074 swarm-restart.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A swarm service does not say when it is started again.
    ///
    /// `restart` is ignored there. Without `restart_policy` swarm starts it again at once and for ever; P3, since it is started.
    ///
    /// ## Why
    /// A container that fails at its start is started again without a pause until somebody looks.
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
    ///       restart_policy:
    ///         condition: on-failure
    ///         delay: 5s
    /// ```
    pub(crate) static RULE = {
        id: "CO074", slug: "swarm-restart", control: Updates, severity: P2,
        seed: "8.2",
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let is_there = service.deploy.as_ref().is_some_and(|deploy| deploy.restart_policy.is_some());
    super::wanted_in_swarm(
        service,
        "restart_policy",
        is_there,
        "does not say when it is started again",
        "condition: on-failure\ndelay: 5s",
        findings,
    );
}
