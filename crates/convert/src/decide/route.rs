//! Which hosts and paths of the web lead to a service, and through what: `--expose`, `x-windlass`, and the labels and variables
//! by which reverse proxies find services (Traefik, nginx-proxy, Caddy, kompose's Ingress).

mod caddy;
mod kompose;
pub(crate) mod middleware;
mod nginx_proxy;
mod traefik;

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::{Labels, Project, Service};
use windlass_yaml::Path;

use self::caddy::Snippets;
use self::middleware::{Filter, Middlewares};
use self::traefik::EntryPoints;
use super::expose::{Outside, outside};
use super::{Chosen, ServicePlan, Transport};
use crate::options::{Exposure, Options};

/// What the proxies' labels of a service ask for, before its ports are known.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The service's name in the project.
    service: SmolStr,
    pub(crate) routes: Vec<AskedRoute>,
    /// Labels of middlewares; what becomes of them is decided where they are used.
    pub(crate) middlewares: Vec<Path>,
    /// Ports that are asked for without a route of HTTP, each with its label.
    pub(crate) other_ports: Vec<(u16, Transport, Path)>,
    /// Those of them that a proxy opens to the outside.
    pub(crate) openings: Vec<Opening>,
    /// Understood; nothing of it needs a place.
    pub(crate) heeded: Vec<(Path, &'static str)>,
    /// Understood, without a counterpart.
    pub(crate) unusable: Vec<(Path, String)>,
}

/// A port that a proxy passes connections on to.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// The container's.
    pub(crate) number: u16,
    pub(crate) transport: Transport,
    /// The one on which the proxy is reached.
    pub(crate) host: u16,
    /// False where the proxy looks at the name that a client asks for.
    pub(crate) is_for_all: bool,
    pub(crate) at: Vec<Path>,
}

/// One host and path that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AskedRoute {
    /// `None` for every host.
    pub(crate) host: Option<SmolStr>,
    pub(crate) path: Option<SmolStr>,
    /// The path alone, not what is beneath it.
    pub(crate) is_exact: bool,
    /// A port of the container.
    pub(crate) port: Option<u16>,
    pub(crate) is_encrypted: bool,
    pub(crate) tls_secret: Option<SmolStr>,
    /// Where it is written, beneath the service.
    pub(crate) at: Vec<Path>,
    /// What happens on the way.
    pub(crate) filters: Vec<Filter>,
}

/// What labels of one service say for all others.
pub(super) struct Proxies {
    middlewares: Middlewares,
    snippets: Snippets,
    entry_points: EntryPoints,
}

impl Proxies {
    pub(super) fn of(project: &Project) -> Self {
        Self { middlewares: Middlewares::of(project), snippets: Snippets::of(project), entry_points: EntryPoints::of(project) }
    }
}

/// How requests come to a service.
#[derive(Debug, Default)]
pub(crate) struct Routing {
    /// Through an HTTPRoute rather than an Ingress.
    pub(crate) by_gateway: bool,
    pub(crate) routes: Vec<Route>,
    /// What happens on the way, for those routes that name it.
    pub(crate) filters: Vec<Filter>,
    /// The Secrets with certificates, each with its hosts.
    pub(crate) certificates: BTreeMap<SmolStr, Vec<SmolStr>>,
    /// Where it is asked for, beneath the service.
    pub(crate) at: Vec<Path>,
}

/// A host and path that lead to a port of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    pub(crate) host: Option<SmolStr>,
    pub(crate) path: SmolStr,
    pub(crate) is_exact: bool,
    /// The port's position among those that the service offers.
    pub(crate) port: usize,
    /// The places among the routing's filters, in order.
    pub(crate) filters: Vec<usize>,
}

impl Asked {
    /// `index` is the service's place in the project.
    pub(super) fn of(index: usize, service: &Service, proxies: &Proxies) -> Self {
        let mut asked = Self { service: service.name.value.clone(), ..Self::default() };
        traefik::read(index, service, &proxies.middlewares, &proxies.entry_points, &mut asked);
        nginx_proxy::read(index, service, &mut asked);
        caddy::read(index, service, &proxies.snippets, &mut asked);
        kompose::read(service, &mut asked);
        asked
    }

    /// The ports that are asked for by number.
    pub(super) fn ports(&self) -> impl Iterator<Item = (u16, Transport)> {
        let of_routes = self.routes.iter().filter_map(|route| Some((route.port?, Transport::Tcp)));
        of_routes.chain(self.other_ports.iter().map(|(port, transport, _)| (*port, *transport)))
    }

    /// True for a label that was understood.
    pub(crate) fn is_understood(&self, path: &Path) -> bool {
        self.routes.iter().any(|route| route.at.contains(path))
            || self.middlewares.contains(path)
            || self.other_ports.iter().any(|(.., at)| at == path)
            || self.openings.iter().any(|opening| opening.at.contains(path))
            || self.heeded.iter().any(|(at, _)| at == path)
            || self.unusable.iter().any(|(at, _)| at == path)
    }
}

/// Where a service has labels for proxies: those of containers, and of Swarm's services.
fn label_sets(service: &Service) -> impl Iterator<Item = (Path, &Labels)> {
    let deploy = service.deploy.as_ref().map(|deploy| &deploy.labels);
    let sets = [("labels", Some(&service.labels)), ("deploy.labels", deploy)];
    sets.into_iter().filter_map(|(at, labels)| labels.filter(|labels| !labels.is_empty()).map(|labels| (Path::parse(at), labels)))
}

/// Decides for each service, once its ports are known.
pub(super) fn decide(services: &mut [ServicePlan<'_>], options: &Options) {
    for plan in services.iter_mut() {
        let routing = if plan.is_reachable() { of(plan, options) } else { None };
        plan.routing = routing;
    }
}

fn of(plan: &ServicePlan<'_>, options: &Options) -> Option<Routing> {
    let chosen: &Chosen = &plan.chosen;
    let rule = options.expose.rules.iter().rev().find(|rule| rule.service == plan.service.name.as_str() && rule.port.is_none());
    let how = rule.map(|rule| rule.how).or_else(|| chosen.expose.iter().find(|(port, _)| port.is_none()).map(|(_, wish)| wish.value));
    let mut routing = Routing { by_gateway: how == Some(Exposure::Gateway), ..Routing::default() };
    let host = |host: &SmolStr| match (&options.domain, host.contains('.')) {
        (Some(domain), false) => SmolStr::from(format!("{host}.{domain}")),
        _ => host.clone(),
    };
    let own_hosts = || -> Vec<Option<SmolStr>> {
        if chosen.hosts.is_empty() {
            return vec![options.domain.as_ref().map(|domain| format!("{}.{domain}", plan.name).into())];
        }
        chosen.hosts.iter().map(|wish| Some(host(&wish.value))).collect()
    };
    let own_path = || chosen.path.as_ref().map_or(SmolStr::new_static("/"), |path| path.value.clone());
    // The first published port that is to be reached so.
    let published = plan.service.ports.iter().find_map(|port| {
        let outside = outside(plan, port, options);
        let is_routed = matches!(outside, Outside::Ingress | Outside::Gateway);
        let number = u16::try_from(port.target.value).ok().filter(|_| is_routed)?;
        Some((plan.port_position(number, Transport::Tcp)?, outside == Outside::Gateway))
    });
    let main = || plan.main_port().and_then(|number| plan.port_position(number, Transport::Tcp));
    let wanted = match published {
        Some(found) => Some(found),
        // A host alone says that it is to be reached; so does a way that needs no published port.
        None if !chosen.hosts.is_empty() && how != Some(Exposure::None) => main().map(|port| (port, routing.by_gateway)),
        None if matches!(how, Some(Exposure::Ingress | Exposure::Gateway)) => main().map(|port| (port, routing.by_gateway)),
        None => None,
    };
    if let Some((_, by_gateway)) = wanted {
        routing.by_gateway = by_gateway;
    }
    // Labels that say hosts say all of them: a route for any host would pass by what they ask for on the way.
    let is_said = chosen.hosts.is_empty() && how != Some(Exposure::None) && plan.asked.routes.iter().any(|route| route.host.is_some());
    if let Some((port, by_gateway)) = wanted.filter(|_| !is_said) {
        routing.routes.extend(own_hosts().into_iter().map(|host| Route {
            host,
            path: own_path(),
            is_exact: false,
            port,
            filters: Vec::new(),
        }));
        routing.at.extend(chosen.hosts.iter().map(|wish| wish.at.clone()).chain(chosen.path.as_ref().map(|path| path.at.clone())));
        if let Some(secret) = chosen.tls_secret.as_ref().filter(|_| !by_gateway) {
            routing.at.push(secret.at.clone());
            let hosts = routing.routes.iter().filter_map(|route| route.host.clone()).collect();
            routing.certificates.insert(secret.value.clone(), hosts);
        }
    }
    if how != Some(Exposure::None) {
        for asked in &plan.asked.routes {
            let port = match asked.port {
                Some(number) => plan.port_position(number, Transport::Tcp),
                None => main(),
            };
            let Some(port) = port else { continue };
            let hosts = match &asked.host {
                Some(name) => vec![Some(host(name))],
                None => own_hosts(),
            };
            let filters: Vec<usize> = asked.filters.iter().map(|filter| routing.place_of(filter)).collect();
            for host in hosts {
                if let Some(host) = host.as_ref().filter(|_| asked.is_encrypted || asked.tls_secret.is_some()) {
                    let secret = asked.tls_secret.clone().unwrap_or_else(|| windlass_k8s::name::object_name(&format!("{}-tls", plan.name)));
                    let known = routing.certificates.entry(secret).or_default();
                    if !known.contains(host) {
                        known.push(host.clone());
                    }
                }
                let path = asked.path.clone().unwrap_or_else(|| "/".into());
                routing.routes.push(Route { host, path, is_exact: asked.is_exact, port, filters: filters.clone() });
            }
            for at in &asked.at {
                if !routing.at.contains(at) {
                    routing.at.push(at.clone());
                }
            }
        }
    }
    routing.merge();
    (!routing.routes.is_empty()).then_some(routing)
}

impl Routing {
    /// The place of a filter; it is added where it is new.
    fn place_of(&mut self, filter: &Filter) -> usize {
        self.filters.iter().position(|known| known == filter).unwrap_or_else(|| {
            self.filters.push(filter.clone());
            self.filters.len() - 1
        })
    }

    /// One route for what several routers lead to the same port, as they do for plain and encrypted requests: whatever one of them asks
    /// for on the way happens, since an Ingress serves both and nothing may pass by a password.
    fn merge(&mut self) {
        self.routes.sort();
        let mut merged: Vec<Route> = Vec::with_capacity(self.routes.len());
        for route in self.routes.drain(..) {
            match merged.last_mut() {
                Some(last)
                    if (&last.host, &last.path, last.is_exact, last.port) == (&route.host, &route.path, route.is_exact, route.port) =>
                {
                    last.filters.extend(route.filters);
                    last.filters.sort_unstable();
                    last.filters.dedup();
                }
                _ => merged.push(route),
            }
        }
        self.routes = merged;
    }
}

/// True for the path of a variable beneath its service: whatever it asks of a proxy, it stays one.
pub(crate) fn is_variable(at: &Path) -> bool {
    Path::parse("environment").contains(at)
}

/// A host name that an Ingress takes: a DNS name, of which the first label may be `*`.
pub(super) fn is_host(name: &str) -> bool {
    let rest = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        inner && !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    };
    rest.len() <= 253 && rest.split('.').all(is_label)
}

/// A path that an Ingress takes.
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && !path.split('/').any(|part| part == "." || part == "..")
        && !path.contains(['%', '?', '#'])
}
