//! CO047 port-duplicate.

use std::collections::BTreeMap;

use windlass_compose::model::Port;
use windlass_source::Spanned;

use crate::context::{ServiceContext, StackContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Two services publish the same port of the host.
    ///
    /// Services of different profiles are taken for alternatives.
    ///
    /// ## Why
    /// The second one fails to start: "port is already allocated".
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports: ["8080:80"]
    ///   admin:
    ///     image: acme/admin:1.4
    ///     ports: ["8080:8000"]
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports: ["8080:80"]
    ///   admin:
    ///     image: acme/admin:1.4
    ///     ports: ["8081:8000"]
    /// ```
    pub(crate) static RULE = {
        id: "CO047", slug: "port-duplicate", control: Addressing, severity: P1,
        seed: "3.1",
        aliases: ["dclint:no-duplicate-exported-ports"],
        effort: 5,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let mut known: BTreeMap<_, Vec<(ServiceContext<'_>, &Spanned<Port>)>> = BTreeMap::new();
    for service in stack.services() {
        for port in &service.model().ports {
            let Some(place) = place(&port.value) else { continue };
            let known = known.entry(place).or_default();
            let clash = known.iter().find(|(other, one)| share_an_address(&one.value, &port.value) && run_together(*other, service));
            match clash {
                Some((other, one)) => {
                    let number = port.value.published.as_ref().map_or("", |published| published.value.as_str());
                    findings
                        .report(
                            port.span().or(service.key_span()),
                            format!("`{}` publishes port {number} of the host, as `{}` does", service.name(), other.name()),
                        )
                        .related(one.span(), "the other one")
                        .help("choose another port of the host");
                }
                None => known.push((service, port)),
            }
        }
    }
}

/// Number and protocol at the host. A range is left to the engine to choose from.
fn place(port: &Port) -> Option<(u16, String)> {
    let number = port.published.as_ref()?.value.parse().ok().filter(|number| *number != 0)?;
    Some((number, port.protocol.as_ref().map_or("tcp", |protocol| protocol.value.as_str()).to_ascii_lowercase()))
}

fn share_an_address(one: &Port, other: &Port) -> bool {
    let address = |port: &Port| {
        let address = port.host_ip.as_ref().map(|address| address.value.clone());
        address.filter(|address| !matches!(address.as_str(), "" | "0.0.0.0" | "::" | "[::]"))
    };
    match (address(one), address(other)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

fn run_together(one: ServiceContext<'_>, other: ServiceContext<'_>) -> bool {
    let (a, b) = (&one.model().profiles, &other.model().profiles);
    a.is_empty() || b.is_empty() || a.iter().any(|profile| b.iter().any(|also| also.value == profile.value))
}
