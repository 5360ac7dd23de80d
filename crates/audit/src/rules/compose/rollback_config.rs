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
    if !service.stack().is_swarm() || !service.is_long_running() {
        return findings.not_applicable();
    }
    let deploy = service.deploy.as_ref();
    if deploy.is_some_and(|deploy| deploy.rollback_config.is_some()) {
        return;
    }
    findings
        .report(service.attribute_span("deploy"), format!("`{}` does not say how an update is taken back", service.name()))
        .severity(service.grade(RULE.severity))
        .help("add `deploy.rollback_config`")
        .suggest("add `rollback_config`", service.insert_in(&["deploy"], "rollback_config", "parallelism: 1\ndelay: 5s"));
}
