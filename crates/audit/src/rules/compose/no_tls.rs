//! CO094 no-tls.

use windlass_compose::model::Port;
use windlass_source::Spanned;

use crate::context::{Reach, Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The edge of a stack for production answers on port 80, and nothing on 443.
    ///
    /// A load balancer in front of the machine may speak TLS, which no file here says; so it is P3.
    ///
    /// ## Why
    /// Passwords and cookies are in the clear on every network between.
    ///
    /// ## Example
    /// ```yaml compose.yaml
    /// services:
    ///   proxy:
    ///     image: nginx:1.29.1
    ///     environment: { APP_ENV: production }
    ///     ports: ["80:80"]
    /// ```
    /// ## Use instead
    /// ```yaml compose.yaml
    /// services:
    ///   proxy:
    ///     image: nginx:1.29.1
    ///     environment: { APP_ENV: production }
    ///     ports: ["80:80", "443:443"]
    /// ```
    pub(crate) static RULE = {
        id: "CO094", slug: "no-tls", control: Tls, severity: P3,
        seed: "2.3, 17.1",
        effort: 60,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_production() || service.role() != Role::Proxy {
        return findings.not_applicable();
    }
    let is_published = |port: &Port, number: &str| port.published.as_ref().is_some_and(|published| published.value == number);
    let is_edge = |port: &&Spanned<Port>| is_published(port, "80") && ServiceContext::reach_of(port) == Reach::Public;
    let Some(port) = service.ports.iter().find(is_edge) else { return findings.not_applicable() };
    let has_tls = |port: &Spanned<Port>| is_published(port, "443") || matches!(port.target.value, 443 | 8443);
    if !service.stack().services().any(|other| other.ports.iter().any(has_tls)) {
        findings
            .report(port.span(), format!("`{}` answers on port 80, and nothing on 443", service.name()))
            .help("publish 443 and give the server a certificate, or say where TLS ends by a suppression");
    }
}
