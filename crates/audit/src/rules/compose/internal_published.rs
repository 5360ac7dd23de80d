//! CO054 internal-published.

use crate::context::Reach;
use crate::context::Role;
use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service behind a proxy publishes its port to the outside as well.
    ///
    /// Taking the port away is left to a person, since somebody may use it.
    ///
    /// ## Why
    /// What the proxy adds (TLS, limits, headers, access rules) does not hold for those who come through the other port.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   nginx:
    ///     image: nginx:1.28
    ///     ports: ["80:80"]
    ///     depends_on: [app]
    ///   app:
    ///     image: acme/app:1.4
    ///     ports: ["9000:9000"]
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   nginx:
    ///     image: nginx:1.28
    ///     ports: ["80:80"]
    ///     depends_on: [app]
    ///   app:
    ///     image: acme/app:1.4
    ///     expose: ["9000"]
    /// ```
    pub(crate) static RULE = {
        id: "CO054", slug: "internal-published", control: PortExposure, severity: P2,
        seed: "3.2",
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !matches!(service.role(), Role::App | Role::Worker) {
        return findings.not_applicable();
    }
    let is_before = |other: &ServiceContext<'_>| {
        other.role() == Role::Proxy && other.reach() == Reach::Public && other.dependencies().any(|behind| behind.name() == service.name())
    };
    let Some(proxy) = service.stack().services().find(is_before) else { return findings.not_applicable() };
    for port in service.ports.iter().filter(|port| ServiceContext::reach_of(&port.value) == Reach::Public) {
        let place = port.span().or(service.attribute_span("ports"));
        findings
            .report(place, format!("`{}` stands behind `{}` and is reached past it", service.name(), proxy.name()))
            .severity(service.grade(RULE.severity))
            .related(proxy.key_span(), "the proxy")
            .help("leave the port out: services of a stack reach each other without")
            .suggest("publish nothing", port.span().and_then(|span| service.remove_item("ports", span)));
    }
}
