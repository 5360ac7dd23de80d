//! CO053 flat-network.

use crate::context::Reach;
use crate::context::Role;
use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// In production, a proxy that the outside reaches is on one network with a datastore.
    ///
    /// ## Why
    /// Who breaks into the proxy reaches the datastore directly, past the application.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   nginx:
    ///     image: nginx:1.28
    ///     ports: ["80:80"]
    ///   app:
    ///     image: acme/app:1.4
    ///   db:
    ///     image: postgres:17
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   nginx:
    ///     image: nginx:1.28
    ///     ports: ["80:80"]
    ///     networks: [front]
    ///   app:
    ///     image: acme/app:1.4
    ///     networks: [front, back]
    ///   db:
    ///     image: postgres:17
    ///     networks: [back]
    /// networks:
    ///   front:
    ///   back:
    /// ```
    pub(crate) static RULE = {
        id: "CO053", slug: "flat-network", control: NetworkIsolation, severity: P3,
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_production() || service.role() != Role::Proxy || service.reach() != Reach::Public || service.network_mode.is_some() {
        return findings.not_applicable();
    }
    let own = service.network_names();
    for other in service.stack().services().filter(|other| other.role().is_datastore()) {
        let Some(network) = other.network_names().into_iter().find(|name| own.contains(name)) else { continue };
        findings
            .report(
                service.key_span(),
                format!("`{}`, which the outside reaches, is on network `{network}` with `{}`", service.name(), other.name()),
            )
            .related(other.key_span(), "the datastore")
            .help("put the proxy on a network with the application alone, and the datastore on another");
        return;
    }
}
