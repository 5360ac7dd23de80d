//! The routes of a conversion are those that the labels of reverse proxies ask for. What they ask for is worked out here from the labels
//! alone, by trying requests: a router's rule is evaluated for each host and path that it names, and the objects have to lead the same
//! requests to the same port, with TLS where the labels say so, and no others.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use windlass_compose::Loaded;
use windlass_convert::{Conversion, Fate};
use windlass_source::MemoryFileSystem;
use windlass_suite::conversion::Project;
use windlass_suite::projects::{Selection, corpus};
use windlass_testkit::shared;

/// Whether a request to a host and path is meant.
type Matches = Box<dyn Fn(&str, &str) -> bool>;

/// What the labels of a service ask for.
struct Asked {
    /// Where it is written: the path of the leaf beneath the service.
    at: String,
    matches: Matches,
    hosts: Vec<String>,
    paths: Vec<String>,
    port: Option<i32>,
    is_encrypted: bool,
}

/// A path of an Ingress.
#[derive(Debug)]
struct Route {
    host: Option<String>,
    path: String,
    is_exact: bool,
    port: Option<i32>,
    is_encrypted: bool,
}

impl Route {
    fn takes(&self, host: &str, path: &str) -> bool {
        let is_host = self.host.as_deref().is_none_or(|own| own == host);
        let prefix = self.path.trim_end_matches('/');
        let is_path = if self.is_exact { path == self.path } else { path == prefix || path.starts_with(&format!("{prefix}/")) };
        is_host && is_path
    }
}

/// The routes that lead to a service.
fn routes(service: &str, conversion: &Conversion) -> Vec<Route> {
    let number = |name: &str| {
        let ports = conversion.objects.typed::<Service>(service)?.spec.as_ref()?.ports.as_ref()?;
        Some(ports.iter().find(|port| port.name.as_deref() == Some(name))?.port)
    };
    let mut found = Vec::new();
    for spec in conversion.objects.all::<Ingress>().filter_map(|ingress| ingress.spec.as_ref()) {
        let encrypted: BTreeSet<&String> = spec.tls.iter().flatten().flat_map(|tls| tls.hosts.iter().flatten()).collect();
        for rule in spec.rules.iter().flatten() {
            for path in rule.http.iter().flat_map(|http| &http.paths) {
                let backend = path.backend.service.as_ref().expect("a backend");
                if backend.name == service {
                    found.push(Route {
                        host: rule.host.clone(),
                        path: path.path.clone().unwrap_or_default(),
                        is_exact: path.path_type == "Exact",
                        port: backend.port.as_ref().and_then(|port| port.number.or_else(|| number(port.name.as_deref()?))),
                        is_encrypted: rule.host.as_ref().is_some_and(|host| encrypted.contains(host)),
                    });
                }
            }
        }
    }
    found
}

/// A rule of Traefik's, evaluated from left to right; `None` where it has a matcher that is about more than hosts and paths.
fn evaluate(rule: &str, host: &str, path: &str) -> Option<bool> {
    fn or(rest: &mut &str, request: (&str, &str)) -> Option<bool> {
        let mut value = and(rest, request)?;
        while let Some(after) = rest.trim_start().strip_prefix("||") {
            *rest = after;
            let other = and(rest, request)?;
            value = value || other;
        }
        Some(value)
    }
    fn and(rest: &mut &str, request: (&str, &str)) -> Option<bool> {
        let mut value = one(rest, request)?;
        while let Some(after) = rest.trim_start().strip_prefix("&&") {
            *rest = after;
            let other = one(rest, request)?;
            value = value && other;
        }
        Some(value)
    }
    fn one(rest: &mut &str, request: (&str, &str)) -> Option<bool> {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            let value = or(rest, request)?;
            *rest = rest.trim_start().strip_prefix(')')?;
            return Some(value);
        }
        let (name, after) = rest.split_once('(')?;
        let (arguments, after) = after.split_once(')')?;
        *rest = after;
        let mut arguments = arguments.split(',').map(|argument| argument.trim().trim_matches(['`', '"', '\'']));
        let (host, path) = request;
        match name.trim() {
            "Host" => Some(arguments.any(|argument| argument.eq_ignore_ascii_case(host))),
            "Path" => Some(arguments.any(|argument| argument == path)),
            "PathPrefix" => Some(arguments.any(|argument| path.starts_with(argument))),
            _ => None,
        }
    }
    let mut rest = rule;
    let value = or(&mut rest, (host, path))?;
    rest.trim().is_empty().then_some(value)
}

/// The words of a rule that are quoted.
fn quoted(rule: &str) -> impl Iterator<Item = String> + '_ {
    rule.split(['`', '"', '\'']).skip(1).step_by(2).map(str::to_owned)
}

fn traefik(at: &str, labels: &BTreeMap<String, String>, asked: &mut Vec<Asked>) {
    if labels.get("traefik.enable").is_some_and(|enable| enable == "false") {
        return;
    }
    let routers: BTreeSet<&str> = labels.keys().filter_map(|name| name.strip_prefix("traefik.http.routers.")?.split('.').next()).collect();
    for router in routers {
        let get = |what: &str| labels.get(&format!("traefik.http.routers.{router}.{what}"));
        let Some(rule) = get("rule").cloned() else { continue };
        // A part of Traefik itself.
        if get("service").is_some_and(|service| service.ends_with("@internal")) {
            continue;
        }
        let ports: BTreeMap<&str, &String> = labels
            .iter()
            .filter_map(|(name, port)| {
                Some((name.strip_prefix("traefik.http.services.")?.strip_suffix(".loadbalancer.server.port")?, port))
            })
            .collect();
        let port = match get("service") {
            Some(service) => ports.get(service.split('@').next().unwrap_or_default()).copied(),
            None if ports.len() == 1 => ports.values().next().copied(),
            None => None,
        };
        if evaluate(&rule, "", "").is_none() {
            continue;
        }
        let has_tls = labels.iter().any(|(name, value)| {
            let rest = name.strip_prefix(&format!("traefik.http.routers.{router}.tls"));
            rest.is_some_and(|rest| rest.starts_with('.') || (rest.is_empty() && value != "false"))
        });
        let entry = get("entrypoints").map_or("", |points| points);
        let (paths, hosts): (Vec<String>, Vec<String>) = quoted(&rule).partition(|word| word.starts_with('/'));
        asked.push(Asked {
            at: format!("{at}[\"traefik.http.routers.{router}.rule\"]"),
            matches: Box::new(move |host, path| evaluate(&rule, host, path) == Some(true)),
            hosts,
            paths,
            port: port.and_then(|port| port.parse().ok()),
            is_encrypted: has_tls || entry.contains("secure") || entry.contains("https"),
        });
    }
}

fn nginx_proxy(variables: &BTreeMap<String, String>, asked: &mut Vec<Asked>) {
    let encrypted: Vec<&str> = variables.get("LETSENCRYPT_HOST").map(|hosts| hosts.split(',').map(str::trim).collect()).unwrap_or_default();
    for host in variables.get("VIRTUAL_HOST").into_iter().flat_map(|hosts| hosts.split(',')).map(str::trim) {
        if host.is_empty() {
            continue;
        }
        let own = host.to_owned();
        let prefix = variables.get("VIRTUAL_PATH").cloned().unwrap_or_else(|| "/".to_owned());
        asked.push(Asked {
            at: "environment.VIRTUAL_HOST".to_owned(),
            paths: vec![prefix.clone()],
            matches: Box::new(move |host, path| host == own && path.starts_with(&prefix)),
            hosts: vec![host.to_owned()],
            port: variables.get("VIRTUAL_PORT").and_then(|port| port.parse().ok()),
            is_encrypted: encrypted.contains(&host),
        });
    }
}

/// Every `reverse_proxy` of a site, for the paths of the `handle` or `handle_path` around it or before its upstream.
fn caddy(at: &str, labels: &BTreeMap<String, String>, asked: &mut Vec<Asked>) {
    let bare = |part: &str| part.trim_matches(|letter: char| letter.is_ascii_digit() || letter == '_').to_owned();
    for (label, upstream) in labels.iter().filter(|(label, _)| bare(label.rsplit('.').next().unwrap_or_default()) == "reverse_proxy") {
        let Some((site, directive)) = label.split_once('.').filter(|(site, _)| bare(site) == "caddy") else { continue };
        let Some(addresses) = labels.get(site).filter(|addresses| !addresses.starts_with('(')) else { continue };
        let around = directive.rsplit_once('.').and_then(|(around, _)| labels.get(&format!("{site}.{around}")));
        let path = around.map_or(upstream.as_str(), String::as_str).split_whitespace().next().filter(|word| word.starts_with('/'));
        let prefix = path.map(|path| path.trim_end_matches('*').trim_end_matches('/').to_owned()).unwrap_or_default();
        for address in addresses.split([',', ' ']).filter(|address| !address.is_empty()) {
            let host = address.trim_start_matches("http://").trim_start_matches("https://").to_owned();
            let (own, below) = (host.clone(), format!("{prefix}/"));
            let prefix = prefix.clone();
            asked.push(Asked {
                at: if site.contains('_') { format!("{at}.{site}") } else { format!("{at}.caddy") },
                paths: if prefix.is_empty() { Vec::new() } else { vec![prefix.clone()] },
                matches: Box::new(move |host, path| host == own && (path == prefix || path.starts_with(&below))),
                hosts: vec![host],
                port: upstream.split([' ', '}']).find_map(|word| word.parse().ok()),
                is_encrypted: !address.starts_with("http://"),
            });
        }
    }
}

/// What a service asks for, and the paths of all leaves that do.
fn asked(service: &windlass_compose::model::Service) -> Vec<Asked> {
    let texts = |labels: &windlass_compose::model::Labels| -> BTreeMap<String, String> {
        labels.iter().map(|label| (label.name.value.to_string(), label.value.value.to_string())).collect()
    };
    let mut found = Vec::new();
    let sets = [("labels", Some(texts(&service.labels))), ("deploy.labels", service.deploy.as_ref().map(|deploy| texts(&deploy.labels)))];
    for (at, labels) in sets.iter().filter_map(|(at, labels)| Some((*at, labels.as_ref()?))) {
        traefik(at, labels, &mut found);
        caddy(at, labels, &mut found);
    }
    let variables =
        service.environment.iter().filter_map(|entry| Some((entry.name.value.to_string(), entry.value.as_ref()?.value.to_string())));
    nginx_proxy(&variables.collect(), &mut found);
    found
}

/// How many requests were tried.
fn check(name: &str, loaded: &Loaded, conversion: &Conversion, wrong: &mut Vec<String>) -> usize {
    let mut tried = 0;
    for service in loaded.project.services.iter() {
        let asked = asked(service);
        if asked.is_empty() {
            continue;
        }
        let place = format!("{name}: {}", service.name.value);
        let label = service.name.value.as_str();
        let report = conversion.report.services.iter().find(|report| report.name == label).expect("a report");
        let own = windlass_k8s::name::service_name(label);
        let routes = routes(&own, conversion);
        let fate = |at: &str| {
            let path = format!("services.{label}.{at}");
            report.attributes.iter().find(|entry| entry.path.to_string() == path).map(|entry| (entry.fate, entry.message.clone()))
        };
        for ask in &asked {
            match fate(&ask.at) {
                None => wrong.push(format!("{place}: `{}` is not in the report", ask.at)),
                // Nothing can lead there, and nothing in the project says more.
                Some((Fate::Lost, message)) if message.starts_with("no port of the service is known") => {
                    if ask.port.is_some() || !service.ports.is_empty() || !service.expose.is_empty() {
                        wrong.push(format!("{place}: a port is known"));
                    }
                    continue;
                }
                // A variable stays one whatever becomes of the route.
                Some((Fate::Lost | Fate::Refused, message)) => wrong.push(format!("{place}: `{}` is lost: {message}", ask.at)),
                Some(_) => {}
            }
            let hosts = ask.hosts.iter().map(String::as_str).chain(["other.invalid"]);
            for host in hosts {
                let below = ask.paths.iter().map(|path| format!("{}/below", path.trim_end_matches('/')));
                for path in ask.paths.iter().cloned().chain(below).chain(["/".to_owned(), "/elsewhere".to_owned()]) {
                    tried += 1;
                    let taken =
                        routes.iter().find(|route| route.takes(host, &path) && ask.port.is_none_or(|port| route.port == Some(port)));
                    if (ask.matches)(host, &path) {
                        match taken {
                            None => {
                                wrong.push(format!("{place}: `{}` leads {host}{path} to port {:?}, {routes:?} do not", ask.at, ask.port))
                            }
                            Some(route) if ask.is_encrypted && route.host.is_some() && !route.is_encrypted => {
                                wrong.push(format!("{place}: {host}{path} has no TLS"));
                            }
                            Some(_) => {}
                        }
                    }
                }
            }
        }
        for route in &routes {
            let host = route.host.clone().unwrap_or_else(|| "other.invalid".to_owned());
            let mut asking = asked.iter().filter(|ask| (ask.matches)(&host, &route.path)).peekable();
            if asking.peek().is_none() {
                wrong.push(format!("{place}: nothing asks for {route:?}"));
            } else if route.is_encrypted && !asking.any(|ask| ask.is_encrypted) {
                wrong.push(format!("{place}: nothing asks for TLS at {route:?}"));
            }
        }
        // Every label and variable of a proxy has its entry.
        let proxies = ["traefik.", "caddy", "VIRTUAL_", "LETSENCRYPT_"];
        let is_written = |name: &str| proxies.iter().any(|start| name.starts_with(start));
        for name in service.labels.iter().map(|label| &label.name.value).filter(|name| is_written(name)) {
            let path = windlass_yaml::Path::root().key("services").key(label).key("labels").key(name);
            if !report.attributes.iter().any(|entry| entry.path == path) {
                wrong.push(format!("{place}: the label `{name}` is not in the report"));
            }
        }
    }
    tried
}

#[test]
fn every_project_of_the_corpus_is_reached_as_its_labels_say() {
    let mut wrong = Vec::new();
    let (mut tried, mut projects) = (0, 0);
    let Some(directory) = shared("corpus") else { return };
    for (name, project) in corpus(&directory, Selection::All) {
        let files = windlass_source::RealFileSystem::new(&project.directory);
        let loaded = project.load(&files);
        if !loaded.is_ok() || loaded.project.services.iter().all(|service| asked(service).is_empty()) {
            continue;
        }
        let conversion = project.convert_loaded(&loaded, &files);
        projects += 1;
        tried += check(&name, &loaded, &conversion, &mut wrong);
    }
    println!("{projects} projects, {tried} requests");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn labels_of_each_proxy_give_the_hosts_paths_ports_and_tls_that_they_say() {
    const SERVICES: [(&str, &str); 11] = [
        (
            "two-routers",
            "labels: { traefik.http.routers.a.rule: 'Host(`a.test`)', traefik.http.routers.a.tls: 'true', traefik.http.routers.b.rule: 'Host(`b.test`) && PathPrefix(`/x`)', traefik.http.services.s.loadbalancer.server.port: '81' }",
        ),
        (
            "two-ports",
            "labels: { traefik.http.routers.a.rule: 'Host(`a.test`)', traefik.http.routers.a.service: one, traefik.http.routers.b.rule: 'Host(`b.test`)', traefik.http.routers.b.service: two, traefik.http.services.one.loadbalancer.server.port: '81', traefik.http.services.two.loadbalancer.server.port: '82' }",
        ),
        (
            "alternatives",
            "expose: ['80'], labels: { traefik.http.routers.a.rule: '(Host(`a.test`) || Host(`b.test`)) && (PathPrefix(`/x`) || Path(`/y`))', traefik.http.routers.a.entrypoints: websecure }",
        ),
        (
            "redirected",
            "expose: ['80'], labels: { traefik.http.routers.a.rule: 'Host(`a.test`)', traefik.http.routers.a.middlewares: https, traefik.http.middlewares.https.redirectscheme.scheme: https, traefik.http.routers.s.rule: 'Host(`a.test`)', traefik.http.routers.s.tls.certresolver: le }",
        ),
        ("swarm", "expose: ['80'], deploy: { labels: { traefik.http.routers.a.rule: 'Host(`a.test`)' } }"),
        ("off", "expose: ['80'], labels: { traefik.enable: 'false', traefik.http.routers.a.rule: 'Host(`a.test`)' }"),
        (
            "nginx-proxy",
            "environment: { VIRTUAL_HOST: 'a.test,b.test', VIRTUAL_PORT: '3000', VIRTUAL_PATH: /app, LETSENCRYPT_HOST: b.test }",
        ),
        ("caddy", "labels: { caddy: a.test, caddy.reverse_proxy: '{{upstreams 8080}}' }"),
        (
            "caddy-paths",
            "labels: { caddy_0: 'a.test, http://b.test', caddy_0.handle_path_0: /api/*, caddy_0.handle_path_0.reverse_proxy: '{{upstreams 81}}', caddy_0.handle_1.reverse_proxy: '{{upstreams 82}}', caddy_1: c.test, caddy_1.0_reverse_proxy: '/x/* {{upstreams 83}}' }",
        ),
        (
            "dashboard",
            "labels: { traefik.http.routers.d.rule: 'Host(`d.test`)', traefik.http.routers.d.service: api@internal, traefik.http.routers.a.rule: 'Host(`a.test`)', traefik.http.services.a.loadbalancer.server.port: '80' }",
        ),
        ("caddy-plain", "labels: { caddy: 'http://a.test', caddy.reverse_proxy: '{{upstreams 8080}}' }"),
    ];
    let mut wrong = Vec::new();
    for (name, service) in SERVICES {
        let files = MemoryFileSystem::new()
            .with_file("/srv/shop/compose.yaml", format!("services: {{ web: {{ image: 'acme/web:1', {service} }} }}\n"));
        let project = Project { directory: "/srv/shop".into(), ..Project::default() };
        let loaded = project.load(&files);
        assert!(loaded.is_ok(), "{name}: {:?}", loaded.diagnostics);
        let conversion = project.convert_loaded(&loaded, &files);
        let tried = check(name, &loaded, &conversion, &mut wrong);
        assert_eq!(tried == 0, name == "off", "{name}");
        assert!(name != "off" || routes("web", &conversion).is_empty());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
