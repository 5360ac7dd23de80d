//! Which hosts and paths of the web lead to a service, and through what: `--expose`, `x-windlass`, and the labels and variables
//! by which reverse proxies find services (Traefik, nginx-proxy, Caddy, kompose's Ingress).

mod caddy;
mod kompose;
mod nginx_proxy;
mod traefik;

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_yaml::Path;

use super::expose::{Outside, outside};
use super::{Chosen, ServicePlan, Transport};
use crate::options::{Exposure, Options};

/// What the proxies' labels of a service ask for, before its ports are known.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) routes: Vec<AskedRoute>,
    /// Understood; nothing of it needs a place.
    pub(crate) heeded: Vec<(Path, &'static str)>,
    /// Understood, without a counterpart.
    pub(crate) unusable: Vec<(Path, String)>,
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
}

/// How requests come to a service.
#[derive(Debug)]
pub(crate) struct Routing {
    /// Through an HTTPRoute rather than an Ingress.
    pub(crate) by_gateway: bool,
    pub(crate) routes: Vec<Route>,
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
}

impl Asked {
    pub(super) fn of(service: &Service) -> Self {
        let mut asked = Self::default();
        traefik::read(service, &mut asked);
        nginx_proxy::read(service, &mut asked);
        caddy::read(service, &mut asked);
        kompose::read(service, &mut asked);
        asked
    }

    /// The ports that are asked for by number.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        self.routes.iter().filter_map(|route| route.port)
    }

    /// True for a label that was understood.
    pub(crate) fn is_understood(&self, path: &Path) -> bool {
        self.routes.iter().any(|route| route.at.contains(path))
            || self.heeded.iter().any(|(at, _)| at == path)
            || self.unusable.iter().any(|(at, _)| at == path)
    }
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
    let mut routing =
        Routing { by_gateway: how == Some(Exposure::Gateway), routes: Vec::new(), certificates: BTreeMap::new(), at: Vec::new() };
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
    let main = || plan.main_port.and_then(|number| plan.port_position(number, Transport::Tcp));
    let wanted = match published {
        Some(found) => Some(found),
        // A host alone says that it is to be reached; so does a way that needs no published port.
        None if !chosen.hosts.is_empty() && how != Some(Exposure::None) => main().map(|port| (port, routing.by_gateway)),
        None if matches!(how, Some(Exposure::Ingress | Exposure::Gateway)) => main().map(|port| (port, routing.by_gateway)),
        None => None,
    };
    if let Some((port, by_gateway)) = wanted {
        routing.by_gateway = by_gateway;
        routing.routes.extend(own_hosts().into_iter().map(|host| Route { host, path: own_path(), is_exact: false, port }));
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
            for host in hosts {
                if let Some(host) = host.as_ref().filter(|_| asked.is_encrypted || asked.tls_secret.is_some()) {
                    let secret = asked.tls_secret.clone().unwrap_or_else(|| windlass_k8s::name::object_name(&format!("{}-tls", plan.name)));
                    let known = routing.certificates.entry(secret).or_default();
                    if !known.contains(host) {
                        known.push(host.clone());
                    }
                }
                let path = asked.path.clone().unwrap_or_else(|| "/".into());
                routing.routes.push(Route { host, path, is_exact: asked.is_exact, port });
            }
            for at in &asked.at {
                if !routing.at.contains(at) {
                    routing.at.push(at.clone());
                }
            }
        }
    }
    routing.routes.sort();
    routing.routes.dedup();
    (!routing.routes.is_empty()).then_some(routing)
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
