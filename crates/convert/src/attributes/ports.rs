//! ports, expose → container ports; the Services are made in `finish`.
//!
//! ## Before
//! ```yaml
//! ports: ["80:8080"]
//! ```
//! ## After
//! ```yaml
//! # Deployment: containers[0].ports
//! - { name: tcp-8080, containerPort: 8080, protocol: TCP }
//! # Service `web`: port 8080; Service `web-published` (LoadBalancer): port 80 → 8080
//! ```

use k8s_openapi::api::core::v1::ContainerPort;
use smol_str::SmolStr;
use windlass_compose::model::{Port, PortMode};
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::expose::{Because, Outside, host_port, outside, transport};
use crate::decide::{Plan, ServicePlan, port};
use crate::fates::Place;
use crate::finish::published_name;

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
    let Some(at) = service.ports.iter().position(|offered| offered.number == number && offered.transport == transport) else {
        return Vec::new();
    };
    let mut places = vec![Place::container(service.index, &format!("ports[{at}].containerPort"))];
    if service.is_long_running() {
        places.push(Place::object(ObjectRef::new(Kind::Service, service.name.clone()), &format!("spec.ports[{at}].port")));
    }
    places
}

fn port_fates(index: usize, published: &Spanned<Port>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Port { target, published: host, host_ip, protocol, app_protocol, mode, name, extensions } = &published.value;
    let at = |field: &str| format!("ports[{index}].{field}");
    let (Some(transport), Ok(number)) = (transport(published), u16::try_from(target.value)) else {
        sink.fates.refused(sink.at(&format!("ports[{index}]")), "Kubernetes knows ports 1 to 65535 of TCP, UDP and SCTP");
        return;
    };
    let places = places_of(number, transport, service);
    let position = service.ports.iter().position(|offered| offered.number == number && offered.transport == transport);
    let own = ObjectRef::new(Kind::Service, service.name.clone());
    let in_service = |field: &str| {
        let position = position.filter(|_| service.is_long_running())?;
        Some(Place::object(own.clone(), &format!("spec.ports[{position}].{field}")))
    };
    sink.fates.mapped(sink.at(&at("target")), places);
    if protocol.is_some() {
        let container = position.map(|position| Place::container(service.index, &format!("ports[{position}].protocol")));
        sink.fates.mapped(sink.at(&at("protocol")), container.into_iter().chain(in_service("protocol")));
    }
    if app_protocol.is_some() {
        match in_service("appProtocol") {
            Some(place) => sink.fates.mapped(sink.at(&at("app_protocol")), [place]),
            None => sink.fates.lost(sink.at(&at("app_protocol")), "a job has no Service"),
        }
    }
    if name.is_some() {
        let container = position.map(|position| Place::container(service.index, &format!("ports[{position}].name")));
        sink.fates.mapped(sink.at(&at("name")), container.into_iter().chain(in_service("name")));
    }
    match mode.as_ref().map(|mode| &mode.value) {
        None => {}
        Some(PortMode::Ingress) => sink.fates.mapped_with(sink.at(&at("mode")), [], "a Service balances over all its pods"),
        Some(PortMode::Host) => sink.fates.approximated(sink.at(&at("mode")), [], "balanced over all pods rather than bound on each node"),
        Some(PortMode::Other(_)) => sink.fates.lost(sink.at(&at("mode")), "not a mode that Compose knows"),
    }
    for extension in extensions {
        sink.fates.mapped_with(sink.under(&format!("ports[{index}]"), &extension.name), [], "an extension has no meaning of its own");
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
    let path = sink.at(&format!("ports[{index}].published"));
    let ip_path = sink.at(&format!("ports[{index}].host_ip"));
    let target = published.target.value;
    let forward = host_port(published).unwrap_or(u16::try_from(target).unwrap_or_default());
    let forward = format!("`kubectl port-forward service/{} {forward}:{target}` reaches it", service.name);
    if !service.is_long_running() {
        sink.fates.lost(path, "a job has no Service; nobody reaches its ports");
        if host_ip.is_some() {
            sink.fates.lost(ip_path, "a job has no Service");
        }
        return;
    }
    let name = service.service.name.as_str();
    match outside(name, published, plan.input.options) {
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
        how @ (Outside::LoadBalancer | Outside::NodePort | Outside::Ingress) => {
            let object = match how {
                Outside::Ingress => ObjectRef::new(Kind::Ingress, service.name.clone()),
                _ => ObjectRef::new(Kind::Service, published_name(&service.name)),
            };
            let field = if how == Outside::Ingress { "spec" } else { "spec.ports" };
            if host.is_some() {
                match how {
                    Outside::LoadBalancer => sink.fates.mapped(path, [Place::object(object, field)]),
                    Outside::NodePort => {
                        sink.fates.approximated(path, [Place::object(object, field)], "on a port of every node that the cluster chooses")
                    }
                    _ => sink.fates.approximated(path, [Place::object(object, field)], "through the Ingress controller's ports 80 and 443"),
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
