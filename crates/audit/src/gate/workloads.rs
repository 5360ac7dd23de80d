//! The pods that the objects make: which run a service, and which are reached from outside the cluster.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_k8s::name::service_name;
use windlass_k8s::view::{Fields as _, Workload, text};
use windlass_yaml::{Map, Node};

use crate::context::{Context, ObjectContext};

/// Every object that makes pods.
pub(super) struct Workloads<'a> {
    all: Vec<Pods<'a>>,
    /// By the names of containers, which are those of services.
    by_container: BTreeMap<&'a str, Vec<usize>>,
}

/// An object that makes pods.
struct Pods<'a> {
    /// `Deployment/web`.
    reference: SmolStr,
    workload: Workload<'a>,
    /// Something outside the cluster can open a connection to them.
    is_reached: bool,
}

impl<'a> Workloads<'a> {
    pub(super) fn of(context: &'a Context) -> Self {
        let open = open_selectors(context);
        let mut workloads = Self { all: Vec::new(), by_container: BTreeMap::new() };
        for object in context.objects() {
            let Some(workload) = Workload::of(object.root()) else { continue };
            for container in workload.containers() {
                workloads.by_container.entry(container.name()).or_default().push(workloads.all.len());
            }
            let is_reached = has_port_of_node(&workload) || open.iter().any(|selector| is_selected(&workload, selector));
            workloads.all.push(Pods { reference: object.reference().clone(), workload, is_reached });
        }
        workloads
    }

    /// The objects, `Deployment/web`, whose pods have a container of this service; none where the conversion left it out.
    pub(super) fn of_service(&self, service: &Service) -> impl Iterator<Item = &SmolStr> {
        self.running(service).map(|pods| &pods.reference)
    }

    /// All of them.
    pub(super) fn references(&self) -> impl Iterator<Item = &SmolStr> {
        self.all.iter().map(|pods| &pods.reference)
    }

    /// True when something outside the cluster can open a connection to the service: by a load balancer, a port of the node, an Ingress
    /// or a route.
    pub(super) fn is_reached_from_outside(&self, service: &Service) -> bool {
        self.running(service).any(|pods| pods.is_reached)
    }

    /// The names of the containers in an object's pods.
    pub(super) fn containers_of(&self, reference: &str) -> Vec<&'a str> {
        let pods = self.all.iter().find(|pods| pods.reference == reference);
        pods.map(|pods| pods.workload.containers().map(|container| container.name()).collect()).unwrap_or_default()
    }

    fn running(&self, service: &Service) -> impl Iterator<Item = &Pods<'a>> {
        let known = self.by_container.get(service_name(&service.name.value).as_str());
        known.into_iter().flatten().map(|at| &self.all[*at])
    }
}

/// The selectors of the Services that something outside the cluster can open a connection to.
fn open_selectors(context: &Context) -> Vec<&Map> {
    let mut routed: BTreeSet<&str> = BTreeSet::new();
    for route in context.objects().filter(|object| matches!(object.kind(), "Ingress" | "HTTPRoute")) {
        backends(route.root(), &mut routed);
    }
    let is_open = |service: &ObjectContext<'_>| {
        let spec = service.root().field("spec");
        let by_type = spec.is_some_and(|spec| matches!(spec.text("type"), Some("LoadBalancer" | "NodePort")));
        by_type || spec.is_some_and(|spec| !spec.items("externalIPs").is_empty()) || routed.contains(service.name())
    };
    let services = context.objects().filter(|object| object.kind() == "Service").filter(is_open);
    services.filter_map(|service| service.root().at(&["spec", "selector"])?.as_map()).filter(|selector| !selector.is_empty()).collect()
}

/// The names of the Services that an Ingress or a route sends requests to.
fn backends<'a>(route: &'a Node, names: &mut BTreeSet<&'a str>) {
    let Some(spec) = route.field("spec") else { return };
    let service = |backend: &'a Node| backend.at(&["service", "name"]).and_then(text);
    names.extend(spec.field("defaultBackend").and_then(service));
    for rule in spec.items("rules") {
        let paths = rule.field("http").map(|http| http.items("paths")).unwrap_or_default();
        names.extend(paths.iter().filter_map(|path| service(path.field("backend")?)));
        names.extend(rule.items("backendRefs").iter().filter_map(|backend| backend.text("name")));
    }
}

fn is_selected(workload: &Workload<'_>, selector: &Map) -> bool {
    selector.iter().all(|(key, value)| workload.label(key.name()) == text(value))
}

fn has_port_of_node(workload: &Workload<'_>) -> bool {
    let mut ports = workload.containers().flat_map(|container| container.node.items("ports"));
    workload.pod.flag("hostNetwork") == Some(true) || ports.any(|port| port.int("hostPort").is_some())
}
