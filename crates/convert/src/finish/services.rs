//! Services: one of its own name for every service that others may call, one for each further name, and those for what is
//! published.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::SmolStr;
use windlass_compose::model::EndpointMode;
use windlass_k8s::name::with_suffix;
use windlass_k8s::{Kind, Object, ObjectRef, Objects};
use windlass_source::{Code, Diagnostic};

use super::workload::identity;
use super::{add, on_nodes_name, published_name};
use crate::decide::expose::{Outside, host_port, opened, outside, transport};
use crate::decide::{Offered, Plan, ServicePlan, TASKS};
use crate::fates::{Fates, Place};
use crate::options::Exposure;

pub(super) fn services(plan: &Plan<'_>, objects: &mut Objects, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let called = called(plan);
    for service in plan.services.iter().filter(|service| service.is_reachable()) {
        if let Some(headless) = &service.chosen.headless {
            let place = Place::object(ObjectRef::new(Kind::Service, service.name.clone()), "spec.clusterIP");
            fates.mapped(service.path("").join(&headless.at), [place]);
        }
        for (_, wish) in service.chosen.expose.iter().filter(|(_, wish)| wish.value == Exposure::None) {
            fates.mapped_with(service.path("").join(&wish.at), [], "nothing of it leads outside");
        }
        if let Some(name) = service.chosen.name.as_ref().filter(|name| name.value == service.name) {
            let place = Place::object(ObjectRef::new(Kind::Service, service.name.clone()), "metadata.name");
            fates.mapped(service.path("").join(&name.at), [place]);
        }
        add(objects, internal(service, &service.name, plan, is_headless(service)), diagnostics);
        if !service.has_ports() && called.contains(service.service.name.as_str()) {
            diagnostics.push(
                Diagnostic::note(
                    Code("convert::no-port"),
                    format!("`{}` is called by others, but no port of it is known", service.service.name.value),
                )
                .label(service.service.name.span(), "")
                .because("its Service is headless: the name leads to the pods, and any port works, but nothing is balanced")
                .help("add `expose:` with the ports that it listens on"),
            );
        }
        if service.name != service.service.name.value {
            diagnostics.push(
                Diagnostic::note(
                    Code("convert::renamed"),
                    format!("`{}` is called `{}` in the cluster", service.service.name.value, service.name),
                )
                .label(service.service.name.span(), "")
                .because("names of Services are DNS labels; where variables and commands name it as a host, they are changed")
                .help("rename the service, so that files which name it hold in the cluster too"),
            );
        }
    }
    for (name, target) in plan.reach.extra_names() {
        let service = &plan.services[target];
        let Some(label) = plan.reach.object_name(name, &plan.services).filter(|label| *label != service.name) else { continue };
        // Two names may give one label (`my_db`, `my.db`).
        if !objects.contains(Kind::Service, &label) {
            let mut object = internal(service, &label, plan, is_headless(service) || name.starts_with(TASKS));
            if name.starts_with(TASKS)
                && let Some(tasks) = object.get_mut::<Service>()
            {
                // The tasks find each other by it, which they may have to before they are ready.
                tasks.spec.get_or_insert_default().publish_not_ready_addresses = Some(true);
            }
            add(objects, object, diagnostics);
        }
    }
    for service in plan.services.iter().filter(|service| service.is_converted() && service.is_long_running()) {
        if service.owns_pod() && service.kind == Kind::StatefulSet {
            add(objects, internal(service, &governing_name(service), plan, true), diagnostics);
        }
        published(service, plan, objects, fates, diagnostics);
    }
}

/// The name of the Service that governs a StatefulSet's pods.
pub(super) fn governing_name(service: &ServicePlan<'_>) -> SmolStr {
    with_suffix(&service.name, "pods", windlass_k8s::name::LABEL_LIMIT)
}

/// One whose ports are not known, that asks for it, or that is a member of a cluster alone: it listens on its own name, which has to lead
/// to the pod itself.
fn is_headless(service: &ServicePlan<'_>) -> bool {
    let mode = service.service.deploy.as_ref().and_then(|deploy| deploy.endpoint_mode.as_ref());
    !service.has_ports()
        || service.chosen.headless.is_some()
        || mode.is_some_and(|mode| mode.value == EndpointMode::DnsRoundRobin)
        || service.has_own_name()
}

/// The services that someone waits for or links to.
fn called<'a>(plan: &Plan<'a>) -> BTreeSet<&'a str> {
    plan.services
        .iter()
        .flat_map(|other| {
            let service: &'a windlass_compose::model::Service = other.service;
            let links = service.links.iter().filter_map(|link| link.split(':').next());
            service.depends_on.iter().map(|entry| entry.name.as_str()).chain(links)
        })
        .collect()
}

pub(super) fn metadata(name: impl Into<String>, service: &ServicePlan<'_>, plan: &Plan<'_>) -> ObjectMeta {
    ObjectMeta { name: Some(name.into()), labels: Some(identity(service, plan).labels()), ..ObjectMeta::default() }
}

fn selector(service: &ServicePlan<'_>, plan: &Plan<'_>) -> BTreeMap<String, String> {
    identity(&plan.services[service.pod], plan).selector()
}

/// Services are asked for by the port's name, so that a pod may change the number.
fn port(offered: &Offered) -> ServicePort {
    ServicePort {
        name: Some(offered.name.to_string()),
        port: i32::from(offered.number),
        target_port: Some(IntOrString::String(offered.name.to_string())),
        protocol: Some(offered.transport.as_str().to_owned()),
        app_protocol: offered.app_protocol.as_ref().map(ToString::to_string),
        ..ServicePort::default()
    }
}

fn internal(service: &ServicePlan<'_>, name: &str, plan: &Plan<'_>, headless: bool) -> Object {
    let spec = ServiceSpec {
        cluster_ip: headless.then(|| "None".to_owned()),
        ports: service.has_ports().then(|| service.ports.iter().map(port).collect()),
        publish_not_ready_addresses: service.publishes_not_ready.then_some(true),
        selector: Some(selector(service, plan)),
        ..ServiceSpec::default()
    };
    Object::new(
        Service { metadata: metadata(name, service, plan), spec: Some(spec), ..Service::default() },
        service.service.origin().clone(),
    )
}

/// What became of the choices about a Service for what is published.
fn tell(service: &ServicePlan<'_>, object: &ObjectRef, kind: &str, fates: &mut Fates) {
    let place = |field: &str| Place::object(object.clone(), field);
    let chosen = &service.chosen;
    let how = if kind == "NodePort" { Exposure::NodePort } else { Exposure::LoadBalancer };
    for (_, wish) in chosen.expose.iter().filter(|(_, wish)| wish.value == how) {
        fates.mapped(service.path("").join(&wish.at), [place("spec.type")]);
    }
    if let Some(policy) = &chosen.traffic_policy {
        fates.mapped(service.path("").join(&policy.at), [place("spec.externalTrafficPolicy")]);
    }
    if let Some(number) = chosen.node_port.as_ref().filter(|_| kind == "NodePort") {
        fates.mapped(service.path("").join(&number.at), [place("spec.ports[0].nodePort")]);
    }
}

fn published(service: &ServicePlan<'_>, plan: &Plan<'_>, objects: &mut Objects, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let mut balanced = Vec::new();
    let mut on_nodes = Vec::new();
    for published in &service.service.ports {
        let (Some(transport), Ok(number)) = (transport(published), u16::try_from(published.target.value)) else { continue };
        let Some(offered) = service.port_position(number, transport).map(|at| &service.ports[at]) else { continue };
        match outside(service, published, plan.input.options) {
            Outside::Inside(_) | Outside::Ingress | Outside::Gateway => {}
            Outside::LoadBalancer => balanced.push(published_port(host_port(published), offered)),
            Outside::NodePort => on_nodes.push(published_port(host_port(published), offered)),
        }
    }
    for opening in &service.asked.openings {
        let Some(offered) = service.port_position(opening.number, opening.transport).map(|at| &service.ports[at]) else { continue };
        let path = |at| service.path("").join(at);
        let (name, ports) = match opened(service, opening, plan.input.options) {
            Outside::LoadBalancer => (published_name(&service.name), &mut balanced),
            Outside::NodePort => (on_nodes_name(&service.name), &mut on_nodes),
            how => {
                let reason = match how {
                    Outside::Inside(_) => "`--expose` keeps it inside",
                    _ => "an Ingress or HTTPRoute is for HTTP; `loadbalancer` or `nodeport` opens the port",
                };
                opening.at.iter().for_each(|at| fates.lost(path(at), reason));
                continue;
            }
        };
        ports.push(published_port(Some(opening.host), offered));
        let place = Place::object(ObjectRef::new(Kind::Service, name), "spec.ports");
        for at in &opening.at {
            match opening.is_for_all {
                true => fates.mapped(path(at), [place.clone()]),
                false => fates.approximated(path(at), [place.clone()], "whatever name of a host a client asks for"),
            }
        }
    }
    let mut add_service = |name: SmolStr, kind: &str, mut ports: Vec<ServicePort>| {
        ports.sort_by(|a, b| (a.port, &a.protocol).cmp(&(b.port, &b.protocol)));
        ports.dedup_by(|a, b| (a.port, &a.protocol) == (b.port, &b.protocol));
        // Somebody may have given one port the name that another has by its number.
        let mut names = BTreeSet::new();
        for port in &mut ports {
            if !names.insert(port.name.clone()) {
                port.name = Some(format!("h{}-{}", port.port, port.protocol.as_deref().unwrap_or_default().to_ascii_lowercase()));
            }
        }
        if let (Some(number), "NodePort", Some(first)) = (&service.chosen.node_port, kind, ports.first_mut()) {
            first.node_port = Some(number.value);
        }
        let spec = ServiceSpec {
            external_traffic_policy: service.chosen.traffic_policy.as_ref().map(|policy| policy.value.to_owned()),
            ports: Some(ports),
            selector: Some(selector(service, plan)),
            type_: Some(kind.to_owned()),
            ..ServiceSpec::default()
        };
        let value = Service { metadata: metadata(name, service, plan), spec: Some(spec), ..Service::default() };
        add(objects, Object::new(value, service.service.origin().clone()), diagnostics);
    };
    let names = [(published_name(&service.name), "LoadBalancer", balanced), (on_nodes_name(&service.name), "NodePort", on_nodes)];
    for (name, kind, ports) in names {
        if !ports.is_empty() {
            tell(service, &ObjectRef::new(Kind::Service, name.clone()), kind, fates);
            add_service(name, kind, ports);
        }
    }
}

/// `host` is the port on which it is reached, where somebody says.
fn published_port(host: Option<u16>, offered: &Offered) -> ServicePort {
    let number = host.unwrap_or(offered.number);
    let name = if number == offered.number {
        offered.name.clone()
    } else {
        format!("{}-{number}", offered.transport.as_str().to_ascii_lowercase()).into()
    };
    ServicePort { name: Some(name.to_string()), port: i32::from(number), ..port(offered) }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn every_service_that_runs_has_one_of_its_own_name() {
        let outcome =
            project("services: { db: { image: postgres:17 }, load: { image: acme/load:1, restart: 'no' }, my_web: { image: acme/web:1 } }")
                .convert();
        let services: Vec<String> = outcome.names().into_iter().filter(|name| name.starts_with("Service/")).collect();
        assert_eq!(services, ["Service/db", "Service/db-pods", "Service/my-web"]);
        assert_eq!(outcome.field("StatefulSet/db", "spec.serviceName"), "db-pods\n");
        insta::assert_snapshot!(outcome.field("Service/db", "spec"), @"
        ports:
        - name: postgresql
          port: 5432
          protocol: TCP
          targetPort: postgresql
        selector:
          app.kubernetes.io/instance: shop
          app.kubernetes.io/name: db
        ");
        insta::assert_snapshot!(outcome.field("Service/my-web", "spec"), @"
        clusterIP: None
        selector:
          app.kubernetes.io/instance: shop
          app.kubernetes.io/name: my-web
        ");
        assert!(outcome.diagnostics().contains(&"convert::renamed: `my_web` is called `my-web` in the cluster".to_owned()));
    }

    #[test]
    fn one_that_others_wait_for_without_a_known_port_is_reported() {
        let outcome = project("services: { db: { image: acme/db:1 }, web: { image: acme/web:1, depends_on: [db] } }").convert();
        assert!(outcome.diagnostics().contains(&"convert::no-port: `db` is called by others, but no port of it is known".to_owned()));
    }

    #[test]
    fn round_robin_by_dns_is_headless() {
        let outcome = project("services: { web: { image: acme/web:1, expose: ['80'], deploy: { endpoint_mode: dnsrr } } }").convert();
        assert_eq!(outcome.field("Service/web", "spec.clusterIP"), "None\n");
    }

    #[test]
    fn a_service_of_a_shared_pod_leads_to_that_pod() {
        let outcome = project("services: { app: { image: acme/app:1, network_mode: 'service:web', expose: ['9000'] }, web: { image: acme/web:1, expose: ['80'] } }").convert();
        assert_eq!(outcome.field("Service/app", "spec.selector[\"app.kubernetes.io/name\"]"), "web\n");
    }

    #[test]
    fn names_fit_with_whatever_follows_them() {
        let name = "a-database-with-a-name-that-is-just-as-long-as-it-may-be-and-then-some";
        let outcome = project(&format!("services: {{ {name}: {{ image: postgres:17, ports: ['80:5432'] }} }}")).convert();
        assert_eq!(outcome.names().iter().filter(|name| name.starts_with("Service/")).count(), 3, "{:?}", outcome.names());
    }
}
