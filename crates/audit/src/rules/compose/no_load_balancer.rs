//! CO076 no-load-balancer.

use crate::context::{Role, StackContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service runs several times, and nothing spreads requests over the containers.
    ///
    /// Swarm spreads them itself.
    ///
    /// ## Why
    /// One of them gets all requests, or none can publish the port.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - "8000-8001:8000"
    ///     deploy:
    ///       replicas: 2
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       replicas: 2
    ///   web:
    ///     image: nginx:1.28
    ///     depends_on: [app]
    /// ```
    pub(crate) static RULE = {
        id: "CO076", slug: "no-load-balancer", control: Scaling, severity: P2,
        seed: "2.3, 8.1",
        effort: 30,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    if stack.is_swarm() {
        return findings.not_applicable();
    }
    let Some(many) = stack.services().find(|service| service.role() == Role::App && service.replicas() > 1) else {
        return findings.not_applicable();
    };
    if stack.services().any(|service| service.role() == Role::Proxy) {
        return;
    }
    findings
        .report(
            many.attribute_span("deploy"),
            format!("nothing spreads requests over the {} containers of `{}`", many.replicas(), many.name()),
        )
        .severity(stack.grade(RULE.severity))
        .help("put a proxy in front: nginx, Traefik, Caddy");
}
