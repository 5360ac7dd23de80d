//! ports, expose → container ports; the Services are made in `finish`.

use k8s_openapi::api::core::v1::ContainerPort;
use smol_str::SmolStr;
use windlass_compose::model::{Port, PortMode};
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::Sink;
use crate::decide::expose::{Because, Outside, host_port, outside, transport};
use crate::decide::{Plan, ServicePlan, port};
use crate::fates::Place;
use crate::finish::{on_nodes_name, published_name};

pub(super) fn ports(ports: &[Spanned<Port>], expose: &[Spanned<SmolStr>], service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    if service.has_ports() {
        sink.draft.container.ports = Some(
            service
                .ports
                .iter()
                .map(|offered| ContainerPort {
                    name: Some(offered.name.to_string()),
                    container_port: i32::from(offered.number),
                    protocol: Some(offered.transport.as_str().to_owned()),
                    ..ContainerPort::default()
                })
                .collect(),
        );
    }
    if !sink.fates.are_kept() {
        return;
    }
    for (index, published) in ports.iter().enumerate() {
        port_fates(index, published, service, plan, sink);
    }
    if !expose.is_empty() {
        let mut places = Vec::new();
        for (number, transport) in expose.iter().flat_map(|item| port::expand(item)) {
            places.extend(places_of(number, transport, service));
        }
        let path = sink.at("expose");
        if places.is_empty() {
            sink.fates.lost(path, "no port of these can be read; write numbers, ranges or `53/udp`");
        } else {
            sink.fates.mapped(path, places);
        }
    }
}

/// Where a port stands in the container and in the service's Service.
fn places_of(number: u16, transport: crate::decide::Transport, service: &ServicePlan<'_>) -> Vec<Place> {
    let Some(at) = service.port_position(number, transport) else { return Vec::new() };
    let mut places = vec![Place::container_at(service.index, Path::parse(&format!("ports[{at}].containerPort")))];
    if service.is_reachable() {
        places.push(Place::object(ObjectRef::new(Kind::Service, service.name.clone()), &format!("spec.ports[{at}].port")));
    }
    places
}

fn port_fates(index: usize, published: &Spanned<Port>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Port { target, published: host, host_ip, protocol, app_protocol, mode, name, extensions } = &published.value;
    let whole = sink.at("ports").index(index);
    let at = |field: &str| whole.key(field);
    let number = u16::try_from(target.value).ok().filter(|number| *number > 0);
    let (Some(transport), Some(number)) = (transport(published), number) else {
        sink.fates.refused(whole, "Kubernetes knows ports 1 to 65535 of TCP, UDP and SCTP");
        return;
    };
    let places = places_of(number, transport, service);
    let position = service.port_position(number, transport);
    let own = ObjectRef::new(Kind::Service, service.name.clone());
    let in_service = |field: &str| {
        let position = position.filter(|_| service.is_reachable())?;
        Some(Place::object(own.clone(), &format!("spec.ports[{position}].{field}")))
    };
    if places.is_empty() {
        sink.fates.mapped_with(whole.clone(), [], "another service of the pod offers it");
    }
    sink.fates.mapped(at("target"), places);
    if protocol.is_some() {
        let container = position.map(|position| Place::container_at(service.index, Path::parse(&format!("ports[{position}].protocol"))));
        sink.fates.mapped(at("protocol"), container.into_iter().chain(in_service("protocol")));
    }
    if app_protocol.is_some() {
        match in_service("appProtocol") {
            Some(place) => sink.fates.mapped(at("app_protocol"), [place]),
            None => sink.fates.lost(at("app_protocol"), "it has no Service"),
        }
    }
    if name.is_some() {
        let container = position.map(|position| Place::container_at(service.index, Path::parse(&format!("ports[{position}].name"))));
        sink.fates.mapped(at("name"), container.into_iter().chain(in_service("name")));
    }
    match mode.as_ref().map(|mode| &mode.value) {
        None => {}
        Some(PortMode::Ingress) => sink.fates.mapped_with(at("mode"), [], "a Service balances over all its pods"),
        Some(PortMode::Host) => sink.fates.approximated(at("mode"), [], "balanced over all pods rather than bound on each node"),
        Some(PortMode::Other(_)) => sink.fates.lost(at("mode"), "not a mode that Compose knows"),
    }
    for extension in extensions {
        sink.fates.mapped_with(at(&extension.name), [], "an extension has no meaning of its own");
    }
    host_fates(index, published, host.as_ref(), host_ip.as_ref(), service, plan, sink);
}

/// The fates of the host's side of a port.
fn host_fates(
    index: usize,
    published: &Spanned<Port>,
    host: Option<&Spanned<SmolStr>>,
    host_ip: Option<&Spanned<SmolStr>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let whole = sink.at("ports").index(index);
    let (path, ip_path) = (whole.key("published"), whole.key("host_ip"));
    let target = published.target.value;
    if !service.is_reachable() {
        let reason = if service.is_long_running() { "it has no network" } else { "a job has no Service; nobody reaches its ports" };
        for (path, is_written) in [(path, host.is_some()), (ip_path, host_ip.is_some())] {
            if is_written {
                sink.fates.lost(path, reason);
            }
        }
        return;
    }
    let forward = host_port(published).unwrap_or(u16::try_from(target).unwrap_or_default());
    let forward = format!("`kubectl port-forward service/{} {forward}:{target}` reaches it", service.name);
    let name = service.service.name.as_str();
    match outside(service, published, plan.input.options) {
        Outside::Inside(because) => {
            let message = match because {
                Because::Loopback => format!("bound to the host's loopback address, so it stays inside the cluster; {forward}"),
                Because::NotTheFrontDoor => {
                    format!("stays inside the cluster; {forward}, `--expose {name}:{target}=loadbalancer` publishes it")
                }
                Because::Flag => format!("stays inside the cluster, as `--expose` says; {forward}"),
            };
            if host.is_some() {
                sink.fates.approximated(path, [], message.clone());
            }
            if host_ip.is_some() {
                sink.fates.approximated(ip_path, [], message);
            }
        }
        how @ (Outside::LoadBalancer | Outside::NodePort | Outside::Ingress | Outside::Gateway) => {
            let object = match how {
                Outside::Ingress => ObjectRef::new(Kind::Ingress, service.name.clone()),
                Outside::Gateway => ObjectRef::new(Kind::HttpRoute, service.name.clone()),
                Outside::NodePort => ObjectRef::new(Kind::Service, on_nodes_name(&service.name)),
                _ => ObjectRef::new(Kind::Service, published_name(&service.name)),
            };
            let is_routed = matches!(how, Outside::Ingress | Outside::Gateway);
            let place = Place::object(object, if is_routed { "spec" } else { "spec.ports" });
            if let Some(host) = host {
                match how {
                    Outside::LoadBalancer if host.contains('-') => {
                        sink.fates.approximated(path, [place], "the first port of the range");
                    }
                    Outside::LoadBalancer => sink.fates.mapped(path, [place]),
                    Outside::NodePort if service.chosen.node_port.is_some() => {
                        sink.fates.approximated(path, [place], "on the port of every node that a label names");
                    }
                    Outside::NodePort => sink.fates.approximated(path, [place], "on a port of every node that the cluster chooses"),
                    _ if is_later_of_ingress(index, service, plan) => {
                        sink.fates.lost(path, "an Ingress leads to one port of a service; publish the other one in another way");
                    }
                    Outside::Gateway => sink.fates.approximated(path, [place], "through the listeners of the Gateway"),
                    _ => sink.fates.approximated(path, [place], "through the Ingress controller's ports 80 and 443"),
                }
            }
            if let Some(ip) = host_ip {
                let all = ip.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified());
                if all {
                    sink.fates.mapped_with(ip_path, [], "all addresses");
                } else {
                    sink.fates.lost(ip_path, "the load balancer has an address of its own");
                }
            }
        }
    }
}

/// True when an earlier port of the service has its Ingress.
fn is_later_of_ingress(index: usize, service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    let target = |port: &Port| (port.target.value, transport(port));
    let goes_there = |port: &&Spanned<Port>| matches!(outside(service, port, plan.input.options), Outside::Ingress | Outside::Gateway);
    let first = service.service.ports.iter().find(goes_there);
    first.is_some_and(|first| target(first) != target(&service.service.ports[index]))
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn each_part_of_a_port_has_its_place() {
        let outcome = project(
            "services: { web: { image: acme/web:1, ports: [{ name: front, mode: host, target: 8080, published: '80', host_ip: 0.0.0.0, protocol: tcp, \
             app_protocol: http }] } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].ports"), @"
        - name: front
          containerPort: 8080
          protocol: TCP
        ");
        insta::assert_snapshot!(outcome.fates("services.web.ports"), @"
        services.web.ports[0].name: mapped → Deployment/web spec.template.spec.containers[0].ports[0].name, Service/web spec.ports[0].name
        services.web.ports[0].mode: approximated (balanced over all pods rather than bound on each node)
        services.web.ports[0].target: mapped → Deployment/web spec.template.spec.containers[0].ports[0].containerPort, Service/web spec.ports[0].port
        services.web.ports[0].published: mapped → Service/web-published spec.ports
        services.web.ports[0].host_ip: mapped (all addresses)
        services.web.ports[0].protocol: mapped → Deployment/web spec.template.spec.containers[0].ports[0].protocol, Service/web spec.ports[0].protocol
        services.web.ports[0].app_protocol: mapped → Service/web spec.ports[0].appProtocol
        ");
    }

    #[test]
    fn a_job_and_a_service_without_a_network_are_not_called() {
        let outcome = project(
            "services: { job: { image: acme/a:1, deploy: { mode: replicated-job }, ports: [{ target: 80, published: '80', protocol: tcp }] }, \
             lone: { image: acme/a:1, network_mode: none, expose: ['80'] } }",
        )
        .convert();
        assert!(!outcome.names().iter().any(|name| name.starts_with("Service/")), "{:?}", outcome.names());
        assert!(outcome.fates("services.job.ports[0].published").contains("lost (a job has no Service"));
    }
}
