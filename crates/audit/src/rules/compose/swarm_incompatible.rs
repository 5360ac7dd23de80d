//! CO075 swarm-incompatible.

use windlass_compose::model::Condition;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A swarm stack has attributes that swarm ignores or refuses: `build`, `container_name`, `restart`, conditions of `depends_on`.
    ///
    /// ## Why
    /// Who reads the file believes in what does not happen.
    ///
    /// ## Example
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     restart: always
    /// ```
    /// ## Use instead
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       restart_policy:
    ///         condition: any
    /// ```
    pub(crate) static RULE = {
        id: "CO075", slug: "swarm-incompatible", control: Updates, severity: P2,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.stack().is_swarm() {
        return findings.not_applicable();
    }
    let conditions = service.depends_on.iter().any(|entry| entry.value.condition.value != Condition::Started);
    let ignored = [
        ("build", service.build.is_some(), "push the image to a registry first"),
        ("container_name", service.container_name.is_some(), "leave it out: containers have names of their own"),
        ("restart", service.restart.is_some(), "write `deploy.restart_policy`"),
        ("depends_on", conditions, "let the service try again until the other is there"),
    ];
    for (attribute, _, help) in ignored.into_iter().filter(|(_, is_there, _)| *is_there) {
        findings
            .report(service.attribute_span(attribute), format!("swarm ignores `{attribute}` of `{}`", service.name()))
            .severity(service.grade(RULE.severity))
            .help(help);
    }
}
