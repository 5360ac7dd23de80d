//! CO049 port-privileged.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service that is not the edge publishes a port below 1024.
    ///
    /// Proxies are the edge, and so is an application on port 80 or 443 where there is no proxy. Servers whose clients expect the port
    /// (mail, names, files) keep it.
    ///
    /// ## Why
    /// Those ports are for services of the machine itself. What sits there is taken for one, and rootless engines can't open them.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   proxy:
    ///     image: nginx:1.29
    ///     ports: ["443:443"]
    ///   api:
    ///     image: acme/api:1.4
    ///     ports: ["127.0.0.1:81:8000"]
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   proxy:
    ///     image: nginx:1.29
    ///     ports: ["443:443"]
    ///   api:
    ///     image: acme/api:1.4
    ///     ports: ["127.0.0.1:8081:8000"]
    /// ```
    pub(crate) static RULE = {
        id: "CO049", slug: "port-privileged", control: PortExposure, severity: P3,
        aliases: ["kics:privileged_ports_mapped_in_container", "docker-bench:5.8"],
        effort: 5,
        check: Service(check),
    }
}

/// Ports below 1024 that clients expect their servers at: mail, names, files, directories, logs, time, network management.
const EXPECTED: [u32; 24] =
    [20, 21, 22, 25, 53, 67, 68, 69, 110, 123, 139, 143, 161, 162, 389, 445, 465, 514, 587, 636, 853, 989, 993, 995];

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.ports.is_empty() {
        return findings.not_applicable();
    }
    let is_edge = service.role() == Role::Proxy;
    let has_proxy = service.stack().services().any(|other| other.role() == Role::Proxy && !other.ports.is_empty());
    let own = |number: u32| service.image().is_some_and(|image| image.ports.iter().any(|port| u32::from(port.port) == number));
    for port in &service.ports {
        let Some(number) = port.value.published.as_ref().and_then(|published| published.value.parse::<u32>().ok()) else { continue };
        let is_web = matches!(number, 80 | 443);
        if number == 0 || number >= 1024 || is_edge || (is_web && !has_proxy) || (!is_web && own(number)) || EXPECTED.contains(&number) {
            continue;
        }
        findings
            .report(port.span().or(service.key_span()), format!("`{}` publishes the privileged port {number}", service.name()))
            .help("publish a port from 1024 on, and let a proxy serve the public");
    }
}
