//! CO046 port-all-interfaces.

use windlass_source::Edit;

use crate::context::{Reach, Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A port of a service that is not the edge is published on all addresses of the machine.
    ///
    /// P1 for datastores, P2 for tools and for applications behind a proxy. What is meant to be public (a proxy, an application
    /// without one) is, save for the ports at which proxies are administered.
    ///
    /// ## Why
    /// Docker opens published ports before the machine's firewall. A database that only neighbours should reach stands on the internet.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     ports:
    ///       - "3306:3306"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     ports:
    ///       - "127.0.0.1:3306:3306"
    /// ```
    pub(crate) static RULE = {
        id: "CO046", slug: "port-all-interfaces", control: PortExposure, severity: P1,
        seed: "2.2, 3.1, 3.2",
        aliases: [
            "kics:container_traffic_not_bound_to_host_interface", "dclint:no-unbound-port-interfaces", "compose-lint:CL-0005",
            "docker-bench:5.14",
        ],
        fix: Auto,
        effort: 5,
        check: Service(check),
    }
}

/// Ports at which proxies are administered.
const ADMINISTRATION: [(&str, u32); 8] = [
    ("traefik", 8080),
    ("kong", 8001),
    ("kong", 8444),
    ("kong", 8002),
    ("envoy", 9901),
    ("haproxy", 8404),
    ("nginx-proxy-manager", 81),
    ("apisix", 9180),
];

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.ports.is_empty() {
        return findings.not_applicable();
    }
    let has_proxy = service.stack().services().any(|other| other.role() == Role::Proxy && other.reach() == Reach::Public);
    let grade = match service.role() {
        Role::Proxy => Grade::new(Severity::P2, "it administers the proxy"),
        role if role.is_datastore() => service.grade(Severity::P1),
        Role::Admin | Role::DevTool | Role::Monitoring => service.grade(Severity::P2),
        _ if has_proxy => Grade::new(Severity::P2, "a proxy is there for the public"),
        _ => return,
    };
    let is_edge = service.role() == Role::Proxy;
    for port in service.ports.iter().filter(|port| ServiceContext::reach_of(port) == Reach::Public) {
        if is_edge && !ADMINISTRATION.iter().any(|(image, number)| service.runs(image) && port.target.value == *number) {
            continue;
        }
        let text = port.span().map(|span| service.context().slice(span)).unwrap_or_default();
        // Only the short form without an address: `3306:3306`, quoted or not.
        let plain = text.trim_matches(['"', '\'']);
        let is_short = plain.split(':').count() == 2 && plain.starts_with(|first: char| first.is_ascii_digit());
        let edit = port.span().filter(|_| is_short).map(|span| Edit { span, replacement: format!("\"127.0.0.1:{plain}\"") });
        let number = port.published.as_ref().map_or("a port", |published| published.value.as_str());
        findings
            .report(port.span().or(service.key_span()), format!("`{}` publishes {number} on all addresses", service.name()))
            .severity(grade.clone())
            .help("publish on `127.0.0.1`, or leave the port out: services of a stack reach each other without")
            .fix("publish on 127.0.0.1", edit);
    }
}
