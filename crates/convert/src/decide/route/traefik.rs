//! Traefik's labels, of version 2 and 3 (its documentation, "Docker provider"), and the front ends of version 1. Routers with
//! rules on hosts and paths become routes, with their middlewares; other matchers have no counterpart that every controller knows.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::{Labels, Project, Service};
use windlass_yaml::Path;

use super::super::Transport;
use super::super::expose::host_port;
use super::middleware::{Filter, Middlewares, What};
use super::{Asked, AskedRoute, Opening, is_host, is_path, label_sets};

/// Combinations of hosts and paths that a rule may have.
const MANY: usize = 100;

/// What the names of Traefik's own services end with: its dashboard, `noop`, `ping`.
const INTERNAL: &str = "@internal";

/// The entry points of the project's Traefik that are published, each with the port of the host.
#[derive(Default)]
pub(crate) struct EntryPoints(BTreeMap<String, u16>);

impl EntryPoints {
    /// They are named by Traefik's command (`--entrypoints.NAME.address=:5432`) or its variables (`TRAEFIK_ENTRYPOINTS_NAME_ADDRESS`).
    pub(crate) fn of(project: &Project) -> Self {
        let mut points = BTreeMap::new();
        for service in &project.services {
            let words = [&service.command, &service.entrypoint].into_iter().flatten().flat_map(|line| line.iter());
            let flags = words.filter_map(|word| {
                let (name, address) = word.strip_prefix("--")?.split_once('=')?;
                let name = name.to_ascii_lowercase();
                Some((name.strip_prefix("entrypoints.")?.strip_suffix(".address")?.to_owned(), address))
            });
            let variables = service.environment.iter().filter_map(|entry| {
                let name = entry.name.strip_prefix("TRAEFIK_ENTRYPOINTS_")?.strip_suffix("_ADDRESS")?;
                Some((name.to_ascii_lowercase(), entry.value.as_ref()?.as_str()))
            });
            for (name, address) in flags.chain(variables) {
                let number = address.rsplit(':').next().and_then(|port| port.split('/').next()?.parse::<u32>().ok());
                let is_loopback = |ip: &SmolStr| ip.starts_with("127.");
                let published = service
                    .ports
                    .iter()
                    .find(|port| Some(port.target.value) == number && !port.host_ip.as_ref().is_some_and(|ip| is_loopback(ip)));
                points.extend(published.and_then(|port| host_port(port)).map(|host| (name, host)));
            }
        }
        Self(points)
    }
}

/// A router of connections rather than requests.
#[derive(Default)]
struct Stream<'l> {
    rule: Option<&'l str>,
    service: Option<&'l str>,
    entry_points: &'l str,
    is_decrypted: bool,
    passes_through: bool,
    at: Vec<Path>,
}

#[derive(Default)]
struct Router<'l> {
    rule: Option<(&'l str, Path)>,
    is_encrypted: bool,
    /// Its labels that need the rule.
    at: Vec<Path>,
    service: Option<&'l str>,
    filters: Vec<Filter>,
}

/// `index` is the service's place in the project.
pub(super) fn read(index: usize, service: &Service, middlewares: &Middlewares, points: &EntryPoints, asked: &mut Asked) {
    for (at, labels) in label_sets(service) {
        labels_of(index, &at, labels, middlewares, points, asked);
    }
}

/// Traefik passes over the service.
pub(super) fn is_off(labels: &Labels) -> bool {
    labels.get("traefik.enable").is_some_and(|enable| enable.eq_ignore_ascii_case("false"))
}

fn labels_of(index: usize, labels_at: &Path, labels: &Labels, middlewares: &Middlewares, points: &EntryPoints, asked: &mut Asked) {
    let is_off = is_off(labels);
    let mut routers: BTreeMap<&str, Router<'_>> = BTreeMap::new();
    let mut ports: BTreeMap<&str, (u16, Path)> = BTreeMap::new();
    let mut schemes: BTreeMap<&str, Filter> = BTreeMap::new();
    let mut streams: BTreeMap<(Transport, &str), Stream<'_>> = BTreeMap::new();
    let mut stream_ports: BTreeMap<(Transport, &str), u16> = BTreeMap::new();
    for label in labels {
        let Some(rest) = label.name.strip_prefix("traefik.") else { continue };
        let at = labels_at.key(&label.name.value);
        let value = label.value.as_str();
        let parts: Vec<&str> = rest.split('.').collect();
        let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            ["enable"] => asked.heeded.push((at, if is_off { "nothing routes to it" } else { "routes follow from the other labels" })),
            _ if is_off => asked.heeded.push((at, "`traefik.enable` is false")),
            ["docker", "network"] | ["docker", "lbswarm"] | ["swarm", "network"] => {
                asked.heeded.push((at, "every pod of the cluster's network is reached"));
            }
            ["http", "routers", _, tail @ ..] => {
                let router = routers.entry(parts[2]).or_default();
                match tail {
                    ["rule"] => router.rule = Some((value, at)),
                    ["service"] => {
                        router.service = Some(if value.ends_with(INTERNAL) { value } else { value.split('@').next().unwrap_or(value) });
                        router.at.push(at);
                    }
                    ["tls"] => {
                        router.is_encrypted |= value != "false";
                        router.at.push(at);
                    }
                    ["tls", ..] => {
                        router.is_encrypted = true;
                        router.at.push(at);
                    }
                    ["entrypoints"] => {
                        router.is_encrypted |= value.contains("secure") || value.contains("https");
                        router.at.push(at);
                    }
                    ["middlewares"] => {
                        router.filters = middlewares.filters(value, &(index, at.clone()));
                        asked.middlewares.push(at);
                    }
                    ["priority"] => asked.heeded.push((at, "longer paths come first anyway")),
                    _ => asked.unusable.push((at, "routes of a cluster have no counterpart of it".to_owned())),
                }
            }
            ["http", "services", _, "loadbalancer", "server", "port"] => match value.parse::<u16>().ok().filter(|port| *port > 0) {
                Some(port) => {
                    ports.insert(parts[2], (port, at));
                }
                None => asked.unusable.push((at, "it is no port".to_owned())),
            },
            ["http", "services", _, "loadbalancer", "server", "scheme"] => match value {
                "https" | "h2c" => {
                    asked.middlewares.push(at.clone());
                    let what = What::Upstream(if value == "https" { "HTTPS" } else { "GRPC" });
                    schemes.insert(parts[2], Filter { what, at: vec![(index, at)] });
                }
                _ => asked.heeded.push((at, "what controllers speak anyway")),
            },
            ["http", "services", _, "loadbalancer", "passhostheader"] if value == "true" => {
                asked.heeded.push((at, "controllers pass it on anyway"));
            }
            ["http", "middlewares", ..] => asked.middlewares.push(at),
            ["http", "services", _, "loadbalancer", "healthcheck", ..] => {
                asked.heeded.push((at, "a Service leads to pods that are ready, which their probes say"));
            }
            [protocol @ ("tcp" | "udp"), "services", _, "loadbalancer", "server", "port"] => {
                match value.parse::<u16>().ok().filter(|port| *port > 0) {
                    Some(port) => {
                        let transport = if *protocol == "tcp" { Transport::Tcp } else { Transport::Udp };
                        stream_ports.insert((transport, parts[2]), port);
                        asked.other_ports.push((port, transport, at));
                    }
                    None => asked.unusable.push((at, "it is no port".to_owned())),
                }
            }
            [protocol @ ("tcp" | "udp"), "routers", _, tail @ ..] => {
                let transport = if *protocol == "tcp" { Transport::Tcp } else { Transport::Udp };
                let stream = streams.entry((transport, parts[2])).or_default();
                match tail {
                    ["rule"] => stream.rule = Some(value),
                    ["service"] => stream.service = Some(value.split('@').next().unwrap_or(value)),
                    ["entrypoints"] => stream.entry_points = value,
                    ["tls", "passthrough"] => stream.passes_through = value == "true",
                    ["tls", ..] => stream.is_decrypted |= value != "false",
                    _ => {
                        asked.unusable.push((at, "a Service has no counterpart of it".to_owned()));
                        continue;
                    }
                }
                stream.at.push(at);
            }
            ["tcp" | "udp", ..] => asked.unusable.push((at, "a Service has no counterpart of it".to_owned())),
            // Version 1.
            ["port"] => match value.parse::<u16>().ok().filter(|port| *port > 0) {
                Some(port) => {
                    ports.insert("", (port, at));
                }
                None => asked.unusable.push((at, "it is no port".to_owned())),
            },
            ["frontend", "rule"] => routers.entry("").or_default().rule = Some((value, at)),
            ["frontend", "entrypoints"] => {
                let router = routers.entry("").or_default();
                router.is_encrypted |= value.contains("https");
                router.at.push(at);
            }
            ["backend"] => asked.heeded.push((at, "a name of Traefik's own")),
            _ => asked.unusable.push((at, "routes of a cluster have no counterpart of it".to_owned())),
        }
    }
    for (_, router) in routers {
        routes(router, &ports, &schemes, asked);
    }
    for ((transport, _), stream) in streams {
        let of_name = |name: &str| stream_ports.get(&(transport, name)).copied();
        let only = || stream_ports.iter().find(|((other, _), _)| *other == transport).map(|(_, port)| *port);
        open(stream, transport, |name| name.map_or_else(only, of_name), points, asked);
    }
    // Ports that no router names belong to the only one that there is.
    let used: Vec<Path> = asked.routes.iter().flat_map(|route| route.at.iter().cloned()).collect();
    for (_, (_, at)) in ports {
        if !used.contains(&at) {
            asked.unusable.push((at, "no router leads there".to_owned()));
        }
    }
}

fn routes(router: Router<'_>, ports: &BTreeMap<&str, (u16, Path)>, schemes: &BTreeMap<&str, Filter>, asked: &mut Asked) {
    let Router { rule, is_encrypted, at, service, mut filters } = router;
    if let Some(own) = service.filter(|service| service.ends_with(INTERNAL)) {
        let reason = format!("`{own}` is a part of Traefik itself, which takes no part in the cluster's routes");
        asked.unusable.extend(at.into_iter().chain(rule.map(|(_, at)| at)).map(|at| (at, reason.clone())));
        return;
    }
    let Some((rule, rule_at)) = rule else {
        asked.unusable.extend(at.into_iter().map(|at| (at, "its router has no rule of its own".to_owned())));
        return;
    };
    let alternatives = if rule.contains('(') { alternatives(rule) } else { front_end(rule) };
    let Some(alternatives) = alternatives else {
        asked.unusable.push((rule_at, "it is more than a host and a path, which is what every Ingress controller can do".to_owned()));
        asked.unusable.extend(at.into_iter().map(|at| (at, "the rule of its router can't be kept".to_owned())));
        return;
    };
    let port = match service {
        Some(name) => ports.get(name),
        None => ports.values().next(),
    };
    filters.extend(service.map_or_else(|| schemes.values().next(), |name| schemes.get(name)).cloned());
    for (host, path, is_exact) in alternatives {
        let mut at = at.clone();
        at.push(rule_at.clone());
        at.extend(port.map(|(_, at)| at.clone()));
        let port = port.map(|(port, _)| *port);
        asked.routes.push(AskedRoute { host, path, is_exact, port, is_encrypted, tls_secret: None, at, filters: filters.clone() });
    }
}

/// What a router of connections opens to the outside: `port` is that of the service of a name.
fn open(stream: Stream<'_>, transport: Transport, port: impl Fn(Option<&str>) -> Option<u16>, points: &EntryPoints, asked: &mut Asked) {
    let Stream { rule, service, entry_points, is_decrypted, passes_through, at } = stream;
    let hosts: Vec<u16> = entry_points.split(',').filter_map(|name| points.0.get(&name.trim().to_ascii_lowercase()).copied()).collect();
    let is_for_all = transport == Transport::Udp || rule.is_some_and(|rule| rule.replace(['"', '\''], "`").trim() == "HostSNI(`*`)");
    let reason = match port(service) {
        None => "no label says its port".to_owned(),
        Some(_) if is_decrypted && !passes_through => {
            "Traefik decrypts the connections here, which a load balancer does not; let the service speak TLS itself".to_owned()
        }
        Some(_) if hosts.is_empty() => format!(
            "no service of the project publishes its entry point; publish the port with `ports:` and pass `--expose {}=loadbalancer`",
            asked.service
        ),
        Some(number) => {
            asked.openings.extend(hosts.into_iter().map(|host| Opening { number, transport, host, is_for_all, at: at.clone() }));
            return;
        }
    };
    asked.unusable.extend(at.into_iter().map(|at| (at, reason.clone())));
}

/// A host, a path, and whether the path alone is meant.
type Alternative = (Option<SmolStr>, Option<SmolStr>, bool);

/// The hosts and paths of a rule (`Host(`a`) && (PathPrefix(`/b`) || Path(`/c`))`); `None` for what is more than that.
fn alternatives(rule: &str) -> Option<Vec<Alternative>> {
    let mut parser = Parser { rest: rule.trim() };
    let found = parser.any()?;
    parser.rest.trim().is_empty().then_some(found)
}

struct Parser<'r> {
    rest: &'r str,
}

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn any(&mut self) -> Option<Vec<Alternative>> {
        let mut found = self.all(0)?;
        while self.eat("||") {
            found.extend(self.all(0)?);
            (found.len() <= MANY).then_some(())?;
        }
        Some(found)
    }

    fn all(&mut self, depth: usize) -> Option<Vec<Alternative>> {
        let mut found = self.one(depth)?;
        while self.eat("&&") {
            let more = self.one(depth)?;
            let mut both = Vec::new();
            for (host, path, is_exact) in &found {
                for (other_host, other_path, other_exact) in &more {
                    // Two hosts or two paths at once are nothing that can be asked for.
                    let is_twice = (host.is_some() && other_host.is_some()) || (path.is_some() && other_path.is_some());
                    (!is_twice && both.len() < MANY).then_some(())?;
                    let path = path.clone().or_else(|| other_path.clone());
                    both.push((host.clone().or_else(|| other_host.clone()), path, *is_exact || *other_exact));
                }
            }
            found = both;
        }
        Some(found)
    }

    fn one(&mut self, depth: usize) -> Option<Vec<Alternative>> {
        if depth > 16 {
            return None;
        }
        if self.eat("(") {
            let mut found = self.all(depth + 1)?;
            while self.eat("||") {
                found.extend(self.all(depth + 1)?);
            }
            return (self.eat(")") && found.len() <= MANY).then_some(found);
        }
        let end = self.rest.find('(')?;
        let name = self.rest[..end].trim().to_ascii_lowercase();
        self.rest = &self.rest[end + 1..];
        let mut values = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let quote = self.rest.chars().next().filter(|quote| matches!(quote, '`' | '"' | '\''))?;
            let (value, rest) = self.rest[1..].split_once(quote)?;
            values.push(SmolStr::from(value));
            self.rest = rest;
            if !self.eat(",") {
                break;
            }
        }
        if !self.eat(")") {
            return None;
        }
        let host = |value: SmolStr| is_host(&value).then_some((Some(value), None, false));
        let path = |value: SmolStr, is_exact| is_path(&value).then_some((None, Some(value), is_exact));
        match name.as_str() {
            "host" => values.into_iter().map(|value| host(value.to_ascii_lowercase().into())).collect(),
            "pathprefix" => values.into_iter().map(|value| path(value, false)).collect(),
            "path" => values.into_iter().map(|value| path(value, true)).collect(),
            _ => None,
        }
    }
}

/// A rule of version 1: `Host:a,b;PathPrefix:/c`.
fn front_end(rule: &str) -> Option<Vec<Alternative>> {
    let (mut hosts, mut paths) = (vec![None], vec![(None, false)]);
    for part in rule.split(';') {
        let (name, values) = part.split_once(':')?;
        let values: Vec<SmolStr> = values.split(',').map(|value| SmolStr::from(value.trim())).collect();
        match name.trim().to_ascii_lowercase().as_str() {
            "host" if values.iter().all(|host| is_host(host)) => hosts = values.into_iter().map(Some).collect(),
            "pathprefix" if values.iter().all(|path| is_path(path)) => {
                paths = values.into_iter().map(|path| (Some(path), false)).collect();
            }
            "path" if values.iter().all(|path| is_path(path)) => paths = values.into_iter().map(|path| (Some(path), true)).collect(),
            _ => return None,
        }
    }
    let combined = hosts.iter().flat_map(|host| paths.iter().map(move |(path, is_exact)| (host.clone(), path.clone(), *is_exact)));
    Some(combined.take(MANY).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, expected: &str) {
        let found = alternatives(rule).map(|found| {
            let one = |(host, path, is_exact): &Alternative| {
                let exact = if *is_exact { "=" } else { "" };
                format!("{}{}{exact}", host.as_deref().unwrap_or("*"), path.as_deref().unwrap_or(""))
            };
            found.iter().map(one).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(found.as_deref().unwrap_or("none"), expected, "{rule}");
    }

    #[test]
    fn rules_on_hosts_and_paths_are_read() {
        check("Host(`a.example.com`)", "a.example.com");
        check("Host(`a.example.com`, `b.example.com`) && PathPrefix(`/api`)", "a.example.com/api b.example.com/api");
        check("Host(\"a.com\") || Host('b.com') && Path(`/x`)", "a.com b.com/x=");
        check("Host(`a.com`) && (PathPrefix(`/b`) || Path(`/c`))", "a.com/b a.com/c=");
        check("PathPrefix(`/`)", "*/");
    }

    #[test]
    fn what_no_ingress_can_do_is_no_route() {
        for rule in [
            "HostRegexp(`.+`)",
            "!Host(`a`)",
            "Host(`a`) && Headers(`x`, `y`)",
            "Host(`a`) && Host(`b`)",
            "Host(`a`",
            "Host()",
            "Host(`a`) trailing",
            "((((((((((((((((((Host(`a`))))))))))))))))))))",
        ] {
            check(rule, "none");
        }
    }
}
