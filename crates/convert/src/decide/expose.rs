//! Which published ports can be reached from outside the cluster, and how.

use std::net::IpAddr;

use windlass_compose::model::Port;

use windlass_source::{Code, Diagnostic};

use super::route::Opening;
use super::{ServicePlan, Transport};
use crate::options::{ExposeDefault, Exposure, Options};

/// How a published port is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    /// From within the cluster only.
    Inside(Because),
    /// Through a load balancer, on the host's port.
    LoadBalancer,
    /// On a port of every node.
    NodePort,
    /// Through an Ingress.
    Ingress,
    /// Through an HTTPRoute.
    Gateway,
}

impl From<Exposure> for Outside {
    fn from(how: Exposure) -> Self {
        match how {
            Exposure::LoadBalancer => Self::LoadBalancer,
            Exposure::NodePort => Self::NodePort,
            Exposure::Ingress => Self::Ingress,
            Exposure::Gateway => Self::Gateway,
            Exposure::None => Self::Inside(Because::Flag),
        }
    }
}

/// Why a published port stays inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Because {
    /// It is bound to the loopback address: it never left the host.
    Loopback,
    /// It is not a port that people's browsers use.
    NotTheFrontDoor,
    /// A flag says so.
    Flag,
}

/// Host ports that make a service the stack's front door.
const FRONT_DOOR: [u16; 2] = [80, 443];

/// The first host port of `published`; `None` when the engine chooses one.
pub(crate) fn host_port(port: &Port) -> Option<u16> {
    let published = port.published.as_ref()?;
    published.split('-').next()?.parse().ok().filter(|number| *number > 0)
}

/// How a published port is reached: by `--expose`, then by what the project says.
pub(crate) fn outside(plan: &ServicePlan<'_>, port: &Port, options: &Options) -> Outside {
    if let Some(how) = wished(plan, u16::try_from(port.target.value).ok(), options) {
        return how.into();
    }
    let is_loopback = port.host_ip.as_ref().and_then(|ip| ip.parse::<IpAddr>().ok()).is_some_and(|ip| ip.is_loopback());
    if is_loopback {
        return Outside::Inside(Because::Loopback);
    }
    match options.expose.default {
        ExposeDefault::None => Outside::Inside(Because::Flag),
        ExposeDefault::Auto if host_port(port).is_some_and(|number| FRONT_DOOR.contains(&number)) => Outside::LoadBalancer,
        ExposeDefault::Auto => Outside::Inside(Because::NotTheFrontDoor),
    }
}

/// How a port is reached that a proxy passes connections on to: whoever writes that means the outside.
pub(crate) fn opened(plan: &ServicePlan<'_>, opening: &Opening, options: &Options) -> Outside {
    match (wished(plan, Some(opening.number), options), options.expose.default) {
        (Some(how), _) => how.into(),
        (None, ExposeDefault::None) => Outside::Inside(Because::Flag),
        (None, ExposeDefault::Auto) => Outside::LoadBalancer,
    }
}

/// What `--expose` says of a container's port, or what the project says.
fn wished(plan: &ServicePlan<'_>, number: Option<u16>, options: &Options) -> Option<Exposure> {
    let fits = |port: Option<u16>| port.is_none() || port == number;
    let rules = options.expose.rules.iter().filter(|rule| rule.service == plan.service.name.as_str() && fits(rule.port));
    // A rule with a port beats one without; of two alike the later.
    let rule = rules.max_by_key(|rule| rule.port.is_some()).map(|rule| rule.how);
    let chosen = plan.chosen.expose.iter().filter(|(port, _)| fits(*port));
    rule.or_else(|| chosen.max_by_key(|(port, _)| port.is_some()).map(|(_, wish)| wish.value))
}

/// Says which rules of `--expose` fit nothing.
pub(super) fn check(services: &[ServicePlan<'_>], options: &Options, diagnostics: &mut Vec<Diagnostic>) {
    for rule in &options.expose.rules {
        let service = services.binary_search_by(|plan| plan.service.name.as_str().cmp(&rule.service)).ok().map(|at| &services[at]);
        let published = |plan: &ServicePlan<'_>| {
            plan.service.ports.iter().any(|port| rule.port.is_none_or(|number| port.target.value == u32::from(number)))
                || plan.asked.openings.iter().any(|opening| rule.port.is_none_or(|number| opening.number == number))
        };
        let (message, help) = match service {
            None => (
                format!("`--expose` names the service `{}`, which the project does not have", rule.service),
                "name a service of the project",
            ),
            // A route needs no published port.
            Some(plan) if plan.routing.is_some() && rule.port.is_none() => continue,
            Some(plan) if !published(plan) && rule.how != Exposure::None => {
                let port = rule.port.map_or("port".to_owned(), |port| format!("port {port}"));
                (format!("`--expose` names a {port} of `{}` that `ports` does not have", rule.service), "add it to the service's `ports`")
            }
            Some(_) => continue,
        };
        diagnostics.push(Diagnostic::warning(Code("convert::expose"), message).because("the flag has no effect").help(help));
    }
}

/// The transport of a published port; `None` for one that Kubernetes does not know.
pub(crate) fn transport(port: &Port) -> Option<Transport> {
    port.protocol.as_ref().map_or(Some(Transport::Tcp), |protocol| Transport::parse(protocol))
}

#[cfg(test)]
mod tests {
    use crate::options::{ExposeRule, Exposure};
    use crate::testing::{Case, project};

    fn web(ports: &str) -> Case {
        project(&format!("services: {{ web: {{ image: acme/web:1, ports: [{ports}] }} }}"))
    }

    fn rule(service: &str, port: Option<u16>, how: Exposure) -> ExposeRule {
        ExposeRule { service: service.to_owned(), port, how }
    }

    #[test]
    fn the_front_door_gets_a_load_balancer_and_all_else_stays_inside() {
        let outcome = web("{ target: 8080, published: '80', protocol: tcp }, { target: 5432, published: '5432', protocol: tcp }").convert();
        insta::assert_snapshot!(outcome.field("Service/web-published", "spec"), @"
        ports:
        - name: tcp-80
          port: 80
          protocol: TCP
          targetPort: tcp-8080
        selector:
          app.kubernetes.io/instance: shop
          app.kubernetes.io/name: web
        type: LoadBalancer
        ");
        insta::assert_snapshot!(outcome.fates("services.web.ports"), @"
        services.web.ports[0].target: mapped → Deployment/web spec.template.spec.containers[0].ports[1].containerPort, Service/web spec.ports[1].port
        services.web.ports[0].published: mapped → Service/web-published spec.ports
        services.web.ports[0].protocol: mapped → Deployment/web spec.template.spec.containers[0].ports[1].protocol, Service/web spec.ports[1].protocol
        services.web.ports[1].target: mapped → Deployment/web spec.template.spec.containers[0].ports[0].containerPort, Service/web spec.ports[0].port
        services.web.ports[1].published: approximated (stays inside the cluster; `kubectl port-forward service/web 5432:5432` reaches it, `--expose web:5432=loadbalancer` publishes it)
        services.web.ports[1].protocol: mapped → Deployment/web spec.template.spec.containers[0].ports[0].protocol, Service/web spec.ports[0].protocol
        ");
    }

    #[test]
    fn what_is_bound_to_loopback_is_never_published() {
        let outcome = web("{ target: 80, published: '80', host_ip: 127.0.0.1, protocol: tcp }").convert();
        assert!(!outcome.names().contains(&"Service/web-published".to_owned()));
        insta::assert_snapshot!(outcome.fates("services.web.ports[0].host_ip"), @"services.web.ports[0].host_ip: approximated (bound to the host's loopback address, so it stays inside the cluster; `kubectl port-forward service/web 80:80` reaches it)");
    }

    #[test]
    fn a_rule_decides_and_one_with_a_port_beats_one_without() {
        let ports = "{ target: 80, published: '8080', protocol: tcp }, { target: 81, published: '8081', protocol: tcp }, { target: 82, published: '80', protocol: tcp }";
        let outcome = web(ports)
            .options(|options| {
                options.domain = Some("example.com".to_owned());
                options.expose.rules = vec![
                    rule("web", Some(80), Exposure::Ingress),
                    rule("web", None, Exposure::NodePort),
                    rule("web", Some(82), Exposure::LoadBalancer),
                ];
            })
            .convert();
        assert_eq!(outcome.field("Ingress/web", "spec.rules[0].host"), "web.example.com\n");
        assert_eq!(outcome.field("Service/web-published", "spec.type"), "LoadBalancer\n");
        assert_eq!(outcome.field("Service/web-nodes", "spec.type"), "NodePort\n");
        insta::assert_snapshot!(outcome.fates("services.web.ports"), @"
        services.web.ports[0].target: mapped → Deployment/web spec.template.spec.containers[0].ports[0].containerPort, Service/web spec.ports[0].port
        services.web.ports[0].published: approximated → Ingress/web spec (through the Ingress controller's ports 80 and 443)
        services.web.ports[0].protocol: mapped → Deployment/web spec.template.spec.containers[0].ports[0].protocol, Service/web spec.ports[0].protocol
        services.web.ports[1].target: mapped → Deployment/web spec.template.spec.containers[0].ports[1].containerPort, Service/web spec.ports[1].port
        services.web.ports[1].published: approximated → Service/web-nodes spec.ports (on a port of every node that the cluster chooses)
        services.web.ports[1].protocol: mapped → Deployment/web spec.template.spec.containers[0].ports[1].protocol, Service/web spec.ports[1].protocol
        services.web.ports[2].target: mapped → Deployment/web spec.template.spec.containers[0].ports[2].containerPort, Service/web spec.ports[2].port
        services.web.ports[2].published: mapped → Service/web-published spec.ports
        services.web.ports[2].protocol: mapped → Deployment/web spec.template.spec.containers[0].ports[2].protocol, Service/web spec.ports[2].protocol
        ");
    }

    #[test]
    fn a_rule_that_fits_nothing_is_reported() {
        let outcome = web("{ target: 80, published: '80', protocol: tcp }")
            .options(|options| {
                options.expose.rules = vec![rule("wob", None, Exposure::NodePort), rule("web", Some(81), Exposure::NodePort)]
            })
            .convert();
        assert_eq!(
            outcome.diagnostics(),
            [
                "convert::expose: `--expose` names the service `wob`, which the project does not have",
                "convert::expose: `--expose` names a port 81 of `web` that `ports` does not have"
            ]
        );
    }
}
