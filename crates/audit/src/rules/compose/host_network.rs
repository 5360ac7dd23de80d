//! CO025 host-network.

use windlass_compose::model::NetworkMode;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container uses the network of the host.
    ///
    /// P2 for agents that look after the machine.
    ///
    /// ## Why
    /// It reaches what listens on the host's loopback address, and every port that it opens is open on all addresses of the host,
    /// whatever `ports` says.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     network_mode: host
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - "127.0.0.1:8080:8080"
    /// ```
    pub(crate) static RULE = {
        id: "CO025", slug: "host-network", control: HostAccess, severity: P1,
        aliases: ["kics:network_mode_host_exists", "compose-lint:CL-0008", "docker-bench:5.10"],
        effort: 30,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(mode) = service.network_mode.as_ref().filter(|mode| mode.value == NetworkMode::Host) else { return };
    findings
        .report(mode.span().or(service.key_span()), format!("`{}` uses the network of the host", service.name()))
        .severity(service.grade_on_host(RULE.severity))
        .help("publish the ports that it offers instead");
}
