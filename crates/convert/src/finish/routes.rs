//! Ingresses and HTTPRoutes, from the routes that were decided: of each service, one for the routes on which the same happens to requests.

mod filters;

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec, IngressTLS,
    ServiceBackendPort,
};
use serde_json::{Value, json};
use smol_str::SmolStr;
use windlass_k8s::name::{SUBDOMAIN_LIMIT, object_name, with_suffix};
use windlass_k8s::{Custom, Kind, Object, ObjectRef, Objects, Resource};
use windlass_source::{Code, Diagnostic};
use windlass_yaml::Path;

use self::filters::{Controller, RuleFilters};
use super::add;
use super::services::metadata;
use crate::content::holder;
use crate::decide::route::middleware::{Filter, What};
use crate::decide::route::{Route, Routing, is_variable};
use crate::decide::{Plan, ServicePlan};
use crate::fates::{Fates, Place};

/// The Gateway that HTTPRoutes name unless the project or a flag names one.
const GATEWAY: &str = "gateway";

/// What became of a filter on some routes.
enum Became {
    Kept(Vec<Place>),
    Differs(Vec<Place>, String),
    Lost(String),
}

/// What became of each filter, by the labels that ask for it.
#[derive(Default)]
struct Told(Vec<((usize, Path), Became)>);

pub(super) fn routes(plan: &Plan<'_>, objects: &mut Objects, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let mut unnamed_gateway = None;
    let mut told = Told::default();
    for service in &plan.services {
        let Some(routing) = &service.routing else { continue };
        let gateway =
            service.chosen.gateway.as_ref().map(|gateway| gateway.value.to_string()).or_else(|| plan.input.options.gateway.clone());
        if routing.by_gateway && gateway.is_none() {
            unnamed_gateway.get_or_insert(service);
        }
        let objects_of: Vec<Object> = if routing.by_gateway {
            http_routes(service, routing, gateway.as_deref().unwrap_or(GATEWAY), plan, &mut told)
        } else {
            ingresses(service, routing, plan, &mut told)
        };
        unprotected(service, routing, plan, diagnostics);
        let references: Vec<ObjectRef> = objects_of.iter().map(Object::reference).filter(|object| object.kind != Kind::Secret).collect();
        for object in objects_of {
            add(objects, object, diagnostics);
        }
        if !routing.by_gateway {
            for (secret, hosts) in &routing.certificates {
                objects.add_external(ObjectRef::new(Kind::Secret, secret.clone()), service.service.origin().clone());
                if service.chosen.tls_secret.is_none() {
                    diagnostics.push(certificate(service, secret, hosts));
                }
            }
        }
        tell(service, routing, &references, fates);
    }
    told.tell(plan, fates);
    one_ingress_without_host(plan, diagnostics);
    if let Some(service) = unnamed_gateway {
        diagnostics.push(
            Diagnostic::warning(Code("convert::gateway"), format!("the HTTPRoutes belong to a Gateway called `{GATEWAY}`"))
                .label(service.service.name.span(), "reached by one")
                .because("nobody names the Gateway, and a route without one leads nowhere")
                .help("pass `--gateway NAMESPACE/NAME`, or write `x-windlass: { gateway: … }`"),
        );
    }
}

impl Told {
    fn add(&mut self, filter: &Filter, became: impl Fn() -> Became) {
        self.0.extend(filter.at.iter().map(|at| (at.clone(), became())));
    }

    /// A label that asks for several things is kept where all of them are.
    fn tell(mut self, plan: &Plan<'_>, fates: &mut Fates) {
        while let Some((at, _)) = self.0.first() {
            let at = at.clone();
            let (own, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.0).into_iter().partition(|(other, _)| *other == at);
            self.0 = rest;
            let (mut places, mut messages, mut is_any_kept) = (Vec::new(), Vec::<String>::new(), false);
            for (_, became) in own {
                let (more, message) = match became {
                    Became::Kept(more) => (Some(more), None),
                    Became::Differs(more, message) => (Some(more), Some(message)),
                    Became::Lost(message) => (None, Some(message)),
                };
                is_any_kept |= more.is_some();
                for place in more.into_iter().flatten() {
                    if !places.contains(&place) {
                        places.push(place);
                    }
                }
                messages.extend(message.filter(|message| !messages.contains(message)));
            }
            let path = plan.services[at.0].path("").join(&at.1);
            if is_variable(&at.1) {
                fates.also(path.clone(), places);
                if !messages.is_empty() {
                    fates.explain(&path, &format!("it stays a variable; {}", messages.join("; ")));
                }
                continue;
            }
            match (is_any_kept, messages.is_empty()) {
                (true, true) => fates.mapped(path, places),
                (true, false) => fates.approximated(path, places, messages.join("; ")),
                (false, _) => fates.lost(path, messages.join("; ")),
            }
        }
    }
}

/// The routes on which the same happens, by the places of their filters.
fn by_filters(routing: &Routing) -> BTreeMap<&[usize], Vec<&Route>> {
    let mut groups: BTreeMap<&[usize], Vec<&Route>> = BTreeMap::new();
    for route in &routing.routes {
        groups.entry(&route.filters).or_default().push(route);
    }
    groups
}

/// The name of an object among several of a service.
fn numbered(service: &ServicePlan<'_>, index: usize) -> SmolStr {
    if index == 0 { service.name.clone() } else { with_suffix(&service.name, &index.to_string(), SUBDOMAIN_LIMIT) }
}

/// Says so when requests pass that the proxy would have stopped.
fn unprotected(service: &ServicePlan<'_>, routing: &Routing, plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !routing.filters.iter().any(|filter| filter.what.protects()) {
        return;
    }
    let controller = Controller::of(class(service, plan).as_deref());
    let locks = routing.filters.iter().filter(|filter| filter.what.protects());
    let missing = locks.filter_map(|lock| filters::annotations(&lock.what, &["/"], controller, "", service, plan).err()).next();
    let (message, because) = match (routing.by_gateway, controller, missing) {
        (true, ..) => ("nothing protects the HTTPRoutes of", "no filter of an HTTPRoute says who may pass".to_owned()),
        (false, Controller::Other, _) => {
            ("nothing protects the Ingress of", "no annotation of its controller is known that says who may pass".to_owned())
        }
        (false, _, Some(reason)) => ("something that protects is missing on the Ingress of", reason),
        (false, Controller::Nginx, None) => return,
        (false, Controller::Unknown, None) => (
            "only ingress-nginx protects the Ingress of",
            "who may pass is said by its annotations, and other controllers pass them over".to_owned(),
        ),
    };
    diagnostics.push(
        Diagnostic::warning(Code("convert::unprotected"), format!("{message} `{}`", service.service.name.value))
            .label(service.service.name.span(), "asks for a password or certain addresses")
            .because(because)
            .help("name the class with `--ingress-class nginx` where it is ingress-nginx, or protect the service itself"),
    );
}

/// The class of a service's Ingress.
fn class(service: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<String> {
    let own = service.chosen.ingress_class.as_ref().map(|class| class.value.to_string());
    own.or_else(|| plan.input.options.ingress_class.clone())
}

fn certificate(service: &ServicePlan<'_>, secret: &str, hosts: &[SmolStr]) -> Diagnostic {
    let hosts: Vec<String> = hosts.iter().map(|host| format!("`{host}`")).collect();
    Diagnostic::note(Code("convert::certificate"), format!("the Ingress of `{}` wants a certificate", service.service.name.value))
        .label(service.service.name.span(), "")
        .because(format!("it is read from the Secret `{secret}`, for {}", hosts.join(", ")))
        .help(format!("make it with `kubectl create secret tls {secret}`, or let cert-manager do so: its annotation goes on the Ingress"))
}

/// What became of what asked for the routes.
fn tell(service: &ServicePlan<'_>, routing: &Routing, references: &[ObjectRef], fates: &mut Fates) {
    let places = || references.iter().map(|reference| Place::object(reference.clone(), "spec"));
    let mut mapped = |at: &windlass_yaml::Path| {
        let path = service.path("").join(at);
        if is_variable(at) {
            fates.also(path, places());
        } else {
            fates.mapped(path, places());
        }
    };
    routing.at.iter().for_each(&mut mapped);
    let chosen = &service.chosen;
    if let Some(class) = chosen.ingress_class.as_ref().filter(|_| !routing.by_gateway) {
        mapped(&class.at);
    }
    if let Some(gateway) = chosen.gateway.as_ref().filter(|_| routing.by_gateway) {
        mapped(&gateway.at);
    }
    for (_, wish) in &chosen.expose {
        if matches!(wish.value, crate::options::Exposure::Ingress | crate::options::Exposure::Gateway) {
            mapped(&wish.at);
        }
    }
}

/// Ingresses without a host take each other's requests.
fn one_ingress_without_host(plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let takes_all = |routing: &Routing| routing.routes.iter().any(|route| route.host.is_none() && route.path == "/");
    let services = plan.services.iter().filter(|service| service.routing.as_ref().is_some_and(takes_all));
    let names: Vec<String> = services.map(|service| format!("`{}`", service.name)).collect();
    if names.len() > 1 {
        diagnostics.push(
            Diagnostic::warning(Code("convert::ingress-host"), format!("{} take the same requests", names.join(", ")))
                .because("without a domain an Ingress is for every host name, and one of them wins")
                .help("give `--domain`, so that each is a host of its own"),
        );
    }
}

/// The routes by host; those without one come first.
fn by_host<'r>(routes: &[&'r Route]) -> BTreeMap<Option<&'r SmolStr>, Vec<&'r Route>> {
    let mut hosts: BTreeMap<Option<&SmolStr>, Vec<&Route>> = BTreeMap::new();
    for route in routes {
        hosts.entry(route.host.as_ref()).or_default().push(route);
    }
    hosts
}

/// The Ingresses of a service, and the Secrets with the users that they ask for.
fn ingresses(service: &ServicePlan<'_>, routing: &Routing, plan: &Plan<'_>, told: &mut Told) -> Vec<Object> {
    let controller = Controller::of(class(service, plan).as_deref());
    let mut objects = Vec::new();
    let twins = if controller == Controller::Other { Vec::new() } else { twins(routing) };
    let mut index = 0;
    for (places, routes) in by_filters(routing) {
        let redirection = places.iter().map(|place| &routing.filters[*place]).find(|filter| matches!(filter.what, What::Redirect { .. }));
        // An Ingress that does not redirect would show what is behind it.
        if let Some(filter) = redirection {
            let is_told_elsewhere = twins.iter().any(|twin| std::ptr::eq(twin.filter, filter));
            let failure = filters::annotations(&filter.what, &["/"], controller, "", service, plan).err();
            if let Some(reason) = failure {
                if !is_told_elsewhere {
                    told.add(filter, || Became::Lost(reason.clone()));
                }
                continue;
            }
        }
        let reference = ObjectRef::new(Kind::Ingress, numbered(service, index));
        let paths: Vec<&str> = routes.iter().map(|route| route.path.as_str()).collect();
        let mut annotations = BTreeMap::new();
        let here: Vec<&Twin<'_>> = twins.iter().filter(|twin| routes.iter().any(|route| std::ptr::eq(*route, twin.of))).collect();
        for twin in &here {
            let name = filters::FROM_TO_WWW;
            annotations.insert(name.to_owned(), "true".to_owned());
            let place = Place::object_at(reference.clone(), Path::parse("metadata.annotations").key(name));
            told.add(twin.filter, || kept(vec![place.clone()], controller));
        }
        for filter in places.iter().map(|place| &routing.filters[*place]) {
            let secret = object_name(&format!("{}-auth", reference.name));
            match filters::annotations(&filter.what, &paths, controller, &secret, service, plan) {
                Err(reason) => told.add(filter, || Became::Lost(reason.clone())),
                Ok(own) => {
                    let annotation =
                        |(name, _): &(String, String)| Place::object_at(reference.clone(), Path::parse("metadata.annotations").key(name));
                    let mut at: Vec<Place> = own.iter().map(annotation).collect();
                    if let What::Auth { users, .. } = &filter.what {
                        let users: String = users.iter().map(|user| format!("{user}\n")).collect();
                        let holder = holder(Kind::Secret, metadata(secret.as_str(), service, plan), [("auth".into(), users.into_bytes())]);
                        objects.push(Object::new(holder, service.service.origin().clone()));
                        at.push(Place::object(ObjectRef::new(Kind::Secret, secret), "data.auth"));
                    }
                    annotations.extend(own);
                    told.add(filter, || kept(at.clone(), controller));
                }
            }
        }
        let twins: Vec<&SmolStr> = here.iter().map(|twin| twin.host).collect();
        objects.push(ingress(&reference, &routes, annotations, &twins, service, routing, plan));
        index += 1;
    }
    objects
}

/// What became of a filter that annotations are for.
fn kept(at: Vec<Place>, controller: Controller) -> Became {
    match controller {
        Controller::Nginx => Became::Kept(at),
        _ => Became::Differs(at, "ingress-nginx reads the annotation, other controllers pass it over".to_owned()),
    }
}

/// A host that sends all requests to the one with `www.` before it, or without.
struct Twin<'r> {
    host: &'r SmolStr,
    /// A route of the other, for all of its paths where there is one.
    of: &'r Route,
    filter: &'r Filter,
}

/// The hosts of that kind, of which ingress-nginx has an annotation at the other's Ingress.
fn twins(routing: &Routing) -> Vec<Twin<'_>> {
    let redirection = |route: &Route| {
        route.filters.iter().map(|place| &routing.filters[*place]).find_map(|filter| match &filter.what {
            What::Redirect { target, .. } => Some((filter, target)),
            _ => None,
        })
    };
    let mut twins = Vec::new();
    for route in routing.routes.iter().filter(|route| route.path == "/" && !route.is_exact) {
        let (Some(host), Some((filter, target))) = (&route.host, redirection(route)) else { continue };
        let Some(to) = target.host.as_ref().filter(|_| target.path.is_none() && target.port.is_none()) else { continue };
        let is_twin = host.strip_prefix("www.") == Some(to) || to.strip_prefix("www.") == Some(host);
        let leads_on = routing.routes.iter().filter(|other| other.host.as_ref() == Some(to) && redirection(other).is_none());
        if let Some(of) = leads_on.max_by_key(|other| other.path == "/" && !other.is_exact).filter(|_| is_twin) {
            twins.push(Twin { host, of, filter });
        }
    }
    twins
}

fn ingress(
    reference: &ObjectRef,
    routes: &[&Route],
    annotations: BTreeMap<String, String>,
    twins: &[&SmolStr],
    service: &ServicePlan<'_>,
    routing: &Routing,
    plan: &Plan<'_>,
) -> Object {
    let is_rewritten = annotations.contains_key(filters::USE_REGEX);
    let path = |route: &&Route| HTTPIngressPath {
        backend: IngressBackend {
            service: Some(IngressServiceBackend {
                name: service.name.to_string(),
                port: Some(ServiceBackendPort { name: Some(service.ports[route.port].name.to_string()), number: None }),
            }),
            resource: None,
        },
        path: Some(if is_rewritten { filters::expression(&route.path) } else { route.path.to_string() }),
        path_type: if is_rewritten {
            "ImplementationSpecific"
        } else if route.is_exact {
            "Exact"
        } else {
            "Prefix"
        }
        .to_owned(),
    };
    let rules = by_host(routes).into_iter().map(|(host, routes)| IngressRule {
        host: host.map(SmolStr::to_string),
        http: Some(HTTPIngressRuleValue { paths: routes.iter().map(path).collect() }),
    });
    let is_here = |host: &&SmolStr| twins.contains(host) || routes.iter().any(|route| route.host.as_ref() == Some(*host));
    let tls = routing.certificates.iter().filter_map(|(secret, hosts)| {
        let here: Vec<String> = hosts.iter().filter(is_here).map(SmolStr::to_string).collect();
        let tls = IngressTLS { hosts: (!here.is_empty()).then_some(here), secret_name: Some(secret.to_string()) };
        (hosts.is_empty() || tls.hosts.is_some()).then_some(tls)
    });
    let tls: Vec<IngressTLS> = tls.collect();
    let spec = IngressSpec {
        ingress_class_name: class(service, plan),
        rules: Some(rules.collect()),
        tls: (!tls.is_empty()).then_some(tls),
        ..IngressSpec::default()
    };
    let mut metadata = metadata(reference.name.as_str(), service, plan);
    if !annotations.is_empty() {
        metadata.annotations.get_or_insert_default().extend(annotations);
    }
    Object::new(Ingress { metadata, spec: Some(spec), ..Ingress::default() }, service.service.origin().clone())
}

/// The port of listeners for plain requests, and that for encrypted ones.
const PORTS: (u16, u16) = (80, 443);

/// HTTPRoutes: hosts with the same rules share one. Where plain requests are sent to the encrypted address, each has one beside it for the
/// Gateway's plain port that does so.
fn http_routes(service: &ServicePlan<'_>, routing: &Routing, gateway: &str, plan: &Plan<'_>, told: &mut Told) -> Vec<Object> {
    let mut groups: Vec<(Vec<&SmolStr>, Vec<Value>, &[usize])> = Vec::new();
    for (places, routes) in by_filters(routing) {
        let start = groups.len();
        for (host, routes) in by_host(&routes) {
            let rules: Vec<Value> = routes.iter().map(|route| rule(service, route, routing)).collect();
            match groups[start..].iter_mut().find(|(hosts, known, _)| !hosts.is_empty() && host.is_some() && *known == rules) {
                Some((hosts, ..)) => hosts.extend(host),
                None => groups.push((host.into_iter().collect(), rules, places)),
            }
        }
    }
    let parent = |port: Option<u16>| {
        let mut parent = match gateway.split_once('/') {
            Some((namespace, name)) => json!({ "name": name, "namespace": namespace }),
            None => json!({ "name": gateway }),
        };
        if let Some(port) = port {
            parent["port"] = json!(port);
        }
        parent
    };
    let object = |name: &str, port: Option<u16>, hosts: &[&SmolStr], rules: Vec<Value>| {
        let mut spec = serde_json::Map::new();
        spec.insert("parentRefs".to_owned(), json!([parent(port)]));
        if !hosts.is_empty() {
            spec.insert("hostnames".to_owned(), json!(hosts.iter().map(|host| host.as_str()).collect::<Vec<_>>()));
        }
        spec.insert("rules".to_owned(), Value::Array(rules));
        let body = [("spec".to_owned(), Value::Object(spec))].into_iter().collect();
        let custom = Custom { kind: Kind::HttpRoute, metadata: metadata(name, service, plan), body };
        Object::new(Resource::Custom(Box::new(custom)), service.service.origin().clone())
    };
    let mut objects = Vec::new();
    for (index, (hosts, rules, places)) in groups.into_iter().enumerate() {
        let name = numbered(service, index);
        let redirect = places.iter().find_map(|place| match routing.filters[*place].what {
            What::RedirectToHttps { is_permanent } => Some(if is_permanent { 301 } else { 302 }),
            _ => None,
        });
        if let Some(status) = redirect {
            let rules = rules.iter().map(|rule| {
                let filter = json!({ "type": "RequestRedirect", "requestRedirect": { "scheme": "https", "statusCode": status } });
                json!({ "matches": rule["matches"], "filters": [filter] })
            });
            objects.push(object(&with_suffix(&name, "redirect", SUBDOMAIN_LIMIT), Some(PORTS.0), &hosts, rules.collect()));
        }
        objects.push(object(&name, redirect.map(|_| PORTS.1), &hosts, rules));
        let reference = |kind: &str| {
            let name = if kind.is_empty() { name.clone() } else { with_suffix(&name, kind, SUBDOMAIN_LIMIT) };
            Place::object(ObjectRef::new(Kind::HttpRoute, name), "spec.rules")
        };
        for filter in places.iter().map(|place| &routing.filters[*place]) {
            let on = routing.routes.iter().filter(|route| route.filters == places);
            let failure = on.clone().find_map(|route| RuleFilters::default().add(&filter.what, &route.path, route.is_exact).err());
            match (failure, &filter.what) {
                (Some(reason), _) => told.add(filter, || Became::Lost(reason.clone())),
                (None, What::RedirectToHttps { .. }) => told.add(filter, || Became::Kept(vec![reference("redirect")])),
                (None, _) => told.add(filter, || Became::Kept(vec![reference("")])),
            }
        }
    }
    objects
}

fn rule(service: &ServicePlan<'_>, route: &Route, routing: &Routing) -> Value {
    let kind = if route.is_exact { "Exact" } else { "PathPrefix" };
    let mut rule = json!({
        "matches": [{ "path": { "type": kind, "value": route.path.as_str() } }],
        "backendRefs": [{ "name": service.name.as_str(), "port": service.ports[route.port].number }],
    });
    let mut filters = RuleFilters::default();
    for filter in route.filters.iter().map(|place| &routing.filters[*place]) {
        // What can't be said is told with the labels.
        let _ = filters.add(&filter.what, &route.path, route.is_exact);
    }
    if let Some(rule) = rule.as_object_mut().filter(|_| filters.redirects()) {
        rule.shift_remove("backendRefs");
    }
    let filters = filters.finish();
    if !filters.is_empty() {
        rule["filters"] = Value::Array(filters);
    }
    rule
}

#[cfg(test)]
mod tests;
