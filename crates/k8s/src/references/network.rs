//! Services, what leads to them, and what selects pods.

use std::collections::BTreeSet;
use std::fmt;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::networking::v1::{Ingress, IngressBackend, NetworkPolicy, NetworkPolicyPeer};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

use super::{Context, Place, Pods, Problem, spec_path, unique};
use crate::kind::Kind;
use crate::resource::Custom;

pub(super) fn check_service(service: &Service, context: &mut Context<'_>) {
    let Some(spec) = &service.spec else { return };
    let ports = spec.ports.as_deref().unwrap_or_default();
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for (at, port) in ports.iter().enumerate() {
        let path = || spec_path().key("ports").index(at);
        if let Some(name) = port.name.as_deref() {
            unique(&mut names, name, || path().key("name"), context);
        }
        unique(&mut numbers, Number(port.port, protocol(port.protocol.as_deref())), || path().key("port"), context);
    }

    // Without a selector somebody else writes the endpoints (or it is an ExternalName).
    let Some(selector) = spec.selector.as_ref().filter(|selector| !selector.is_empty()) else { return };
    if context.with_labels(selector).next().is_none() {
        context.report(spec_path().key("selector"), Problem::NoPods);
        return;
    }
    // A headless Service gives the pods' addresses; its ports are only published as SRV records, but must be right even so.
    let declared: Vec<_> = context.with_labels(selector).map(Declared::by).collect();
    for (at, port) in ports.iter().enumerate() {
        if !declared.iter().any(|pods| pods.offer(port)) {
            let target = match &port.target_port {
                Some(IntOrString::String(name)) => name.clone(),
                Some(IntOrString::Int(number)) => number.to_string(),
                None => port.port.to_string(),
            };
            context.report(spec_path().key("ports").index(at).key("targetPort"), Problem::MissingPort(target));
        }
    }
}

pub(super) fn protocol(protocol: Option<&str>) -> &str {
    protocol.unwrap_or("TCP")
}

/// A port's number with its protocol.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number<'a>(pub(super) i32, pub(super) &'a str);

impl fmt::Display for Number<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, protocol) = self;
        write!(formatter, "{number}/{protocol}")
    }
}

/// The ports that pods declare, each with its protocol.
struct Declared<'a> {
    names: BTreeSet<(&'a str, &'a str)>,
    numbers: BTreeSet<(i32, &'a str)>,
}

impl<'a> Declared<'a> {
    fn by(pods: &Pods<'a>) -> Self {
        let mut declared = Self { names: BTreeSet::new(), numbers: BTreeSet::new() };
        for port in pods.running().flat_map(|container| container.ports.iter().flatten()) {
            let protocol = protocol(port.protocol.as_deref());
            declared.names.extend(port.name.as_deref().map(|name| (name, protocol)));
            declared.numbers.insert((port.container_port, protocol));
        }
        declared
    }

    /// True when the pods have the port that the Service's port leads to. Pods that declare no port may have any.
    fn offer(&self, port: &ServicePort) -> bool {
        let protocol = protocol(port.protocol.as_deref());
        match &port.target_port {
            Some(IntOrString::String(name)) => self.names.contains(&(name.as_str(), protocol)),
            Some(IntOrString::Int(number)) => self.numbers.is_empty() || self.numbers.contains(&(*number, protocol)),
            None => self.numbers.is_empty() || self.numbers.contains(&(port.port, protocol)),
        }
    }
}

pub(super) fn check_ingress(ingress: &Ingress, context: &mut Context<'_>) {
    let Some(spec) = &ingress.spec else { return };
    if let Some(backend) = &spec.default_backend {
        check_backend(backend, &spec_path().key("defaultBackend"), context);
    }
    for (at, rule) in spec.rules.iter().flatten().enumerate() {
        let paths = spec_path().key("rules").index(at).key("http").key("paths");
        for (at, path) in rule.http.iter().flat_map(|http| &http.paths).enumerate() {
            check_backend(&path.backend, &paths.index(at).key("backend"), context);
        }
    }
}

fn check_backend(backend: &IngressBackend, path: &Place, context: &mut Context<'_>) {
    let Some(service) = &backend.service else { return };
    let path = path.key("service");
    if !context.require(Kind::Service, &service.name, || path.key("name")) {
        return;
    }
    let Some(port) = &service.port else { return };
    if let Some(number) = port.number {
        check_service_port(&service.name, &number.to_string(), |port| port.port == number, &path.key("port").key("number"), context);
    }
    if let Some(name) = &port.name {
        check_service_port(&service.name, name, |port| port.name.as_ref() == Some(name), &path.key("port").key("name"), context);
    }
}

/// Reports when the Service is one of these objects and has no such port.
pub(super) fn check_service_port(
    service: &str,
    wanted: &str,
    is_wanted: impl Fn(&ServicePort) -> bool,
    path: &Place,
    context: &mut Context<'_>,
) {
    let Some(spec) = context.objects.typed::<Service>(service).and_then(|service| service.spec.as_ref()) else { return };
    if !spec.ports.iter().flatten().any(is_wanted) {
        context.report(path.clone(), Problem::MissingPort(wanted.to_owned()));
    }
}

/// Gateway API: `spec.rules[].backendRefs[]`.
pub(super) fn check_route(route: &Custom, context: &mut Context<'_>) {
    let rules = list(route.body.get("spec").and_then(|spec| spec.get("rules")));
    for (at, rule) in rules.iter().enumerate() {
        let path = spec_path().key("rules").index(at).key("backendRefs");
        for (at, backend) in list(rule.get("backendRefs")).iter().enumerate() {
            let path = path.index(at);
            let is_service = backend.get("kind").is_none_or(|kind| kind == "Service") && backend.get("namespace").is_none();
            let Some(name) = backend.get("name").and_then(Value::as_str).filter(|_| is_service) else { continue };
            if !context.require(Kind::Service, name, || path.key("name")) {
                continue;
            }
            if let Some(number) = backend.get("port").and_then(Value::as_i64) {
                check_service_port(name, &number.to_string(), |port| i64::from(port.port) == number, &path.key("port"), context);
            }
        }
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn check_policy(policy: &NetworkPolicy, context: &mut Context<'_>) {
    let Some(spec) = &policy.spec else { return };
    if let Some(selector) = &spec.pod_selector
        && !context.selects_any(selector)
    {
        context.report(spec_path().key("podSelector"), Problem::NoPods);
    }
    for (at, rule) in spec.ingress.iter().flatten().enumerate() {
        check_peers(rule.from.as_deref(), &spec_path().key("ingress").index(at).key("from"), context);
    }
    for (at, rule) in spec.egress.iter().flatten().enumerate() {
        check_peers(rule.to.as_deref(), &spec_path().key("egress").index(at).key("to"), context);
    }
}

fn check_peers(peers: Option<&[NetworkPolicyPeer]>, path: &Place, context: &mut Context<'_>) {
    for (at, peer) in peers.unwrap_or_default().iter().enumerate() {
        // With a namespace selector the pods are somewhere else: the cluster's DNS, an ingress controller.
        if let (Some(selector), None) = (&peer.pod_selector, &peer.namespace_selector)
            && !context.selects_any(selector)
        {
            context.report(path.index(at).key("podSelector"), Problem::NoPods);
        }
    }
}

pub(super) fn check_budget(budget: &PodDisruptionBudget, context: &mut Context<'_>) {
    let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    if !selector.is_some_and(|selector| context.selects_any(selector)) {
        context.report(spec_path().key("selector"), Problem::NoPods);
    }
}
