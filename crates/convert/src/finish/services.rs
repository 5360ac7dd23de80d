//! Services: one of its own name for every service that others may call, one for each further name, and those for what is
//! published.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec, ServiceBackendPort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::SmolStr;
use windlass_compose::model::{EndpointMode, Port};
use windlass_k8s::name::{SUBDOMAIN_LIMIT, service_name, with_suffix};
use windlass_k8s::{Kind, Object, Objects};
use windlass_source::{Code, Diagnostic};

use super::workload::identity;
use super::{add, published_name};
use crate::decide::expose::{Outside, host_port, outside, transport};
use crate::decide::{Offered, Plan, ServicePlan};
use crate::fates::Fates;

pub(super) fn services(plan: &Plan<'_>, objects: &mut Objects, _fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    for service in plan.services.iter().filter(|service| service.is_long_running()) {
        let headless = !service.has_ports() || is_headless(service);
        add(objects, internal(service, &service.name, plan, headless), diagnostics);
        if service.owns_pod() && service.kind == Kind::StatefulSet {
            add(objects, governing(service, plan), diagnostics);
        }
        published(service, plan, objects, diagnostics);
        if !service.has_ports() && is_called(service, plan) {
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
    }
    for (name, target) in plan.reach.extra_names() {
        let service = &plan.services[target];
        let label = service_name(name);
        if service.is_long_running() && label != service.name && !objects.contains(Kind::Service, &label) {
            let headless = !service.has_ports() || is_headless(service);
            add(objects, internal(service, &label, plan, headless), diagnostics);
        }
    }
}

/// The name of the Service that governs a StatefulSet's pods.
pub(super) fn governing_name(service: &ServicePlan<'_>) -> SmolStr {
    with_suffix(&service.name, "pods", windlass_k8s::name::LABEL_LIMIT)
}

fn is_headless(service: &ServicePlan<'_>) -> bool {
    let mode = service.service.deploy.as_ref().and_then(|deploy| deploy.endpoint_mode.as_ref());
    mode.is_some_and(|mode| mode.value == EndpointMode::DnsRoundRobin)
}

/// Someone waits for the service or links to it.
fn is_called(service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    let name = &service.service.name.value;
    plan.services.iter().any(|other| {
        other.index != service.index
            && (other.service.depends_on.contains(name)
                || other.service.links.iter().any(|link| link.split(':').next() == Some(name.as_str())))
    })
}

fn metadata(name: impl Into<String>, service: &ServicePlan<'_>, plan: &Plan<'_>) -> ObjectMeta {
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

/// The pods' own names, `db-0.db-pods`.
fn governing(service: &ServicePlan<'_>, plan: &Plan<'_>) -> Object {
    internal(service, &governing_name(service), plan, true)
}

fn published(service: &ServicePlan<'_>, plan: &Plan<'_>, objects: &mut Objects, diagnostics: &mut Vec<Diagnostic>) {
    let mut balanced = Vec::new();
    let mut on_nodes = Vec::new();
    let mut routed = Vec::new();
    for published in &service.service.ports {
        let Some(transport) = transport(published) else { continue };
        let offered =
            service.ports.iter().find(|offered| u32::from(offered.number) == published.target.value && offered.transport == transport);
        let Some(offered) = offered else { continue };
        match outside(&service.service.name, published, plan.input.options) {
            Outside::Inside(_) => {}
            Outside::LoadBalancer => balanced.push(published_port(published, offered)),
            Outside::NodePort => on_nodes.push(published_port(published, offered)),
            Outside::Ingress => routed.push(offered),
        }
    }
    let mut add_service = |name: SmolStr, kind: &str, mut ports: Vec<ServicePort>| {
        if ports.is_empty() {
            return;
        }
        ports.sort_by(|a, b| (a.port, &a.protocol).cmp(&(b.port, &b.protocol)));
        ports.dedup_by(|a, b| (a.port, &a.protocol) == (b.port, &b.protocol));
        let spec = ServiceSpec {
            ports: Some(ports),
            selector: Some(selector(service, plan)),
            type_: Some(kind.to_owned()),
            ..ServiceSpec::default()
        };
        let value = Service { metadata: metadata(name, service, plan), spec: Some(spec), ..Service::default() };
        add(objects, Object::new(value, service.service.origin().clone()), diagnostics);
    };
    let name = published_name(&service.name);
    let both = !balanced.is_empty() && !on_nodes.is_empty();
    add_service(name.clone(), "LoadBalancer", balanced);
    let node_name = if both { with_suffix(&name, "nodes", SUBDOMAIN_LIMIT) } else { name };
    add_service(node_name, "NodePort", on_nodes);
    if let Some(first) = routed.first() {
        add(objects, ingress(service, first, plan), diagnostics);
    }
}

fn published_port(published: &Port, offered: &Offered) -> ServicePort {
    let number = host_port(published).unwrap_or(offered.number);
    let name = if number == offered.number {
        offered.name.clone()
    } else {
        format!("{}-{number}", offered.transport.as_str().to_ascii_lowercase()).into()
    };
    ServicePort { name: Some(name.to_string()), port: i32::from(number), ..port(offered) }
}

fn ingress(service: &ServicePlan<'_>, offered: &Offered, plan: &Plan<'_>) -> Object {
    let backend = IngressBackend {
        service: Some(IngressServiceBackend {
            name: service.name.to_string(),
            port: Some(ServiceBackendPort { name: Some(offered.name.to_string()), number: None }),
        }),
        resource: None,
    };
    let path = HTTPIngressPath { backend, path: Some("/".to_owned()), path_type: "Prefix".to_owned() };
    let rule = IngressRule {
        host: plan.input.options.domain.as_ref().map(|domain| format!("{}.{domain}", service.name)),
        http: Some(HTTPIngressRuleValue { paths: vec![path] }),
    };
    let spec = IngressSpec { rules: Some(vec![rule]), ..IngressSpec::default() };
    let value = Ingress { metadata: metadata(service.name.as_str(), service, plan), spec: Some(spec), ..Ingress::default() };
    Object::new(value, service.service.origin().clone())
}
