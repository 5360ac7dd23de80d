//! The labels of caddy-docker-proxy (its documentation): `caddy: host` with `caddy.reverse_proxy: {{upstreams 8080}}`, and
//! numbered ones (`caddy_1`). Other directives have no counterpart.

use smol_str::SmolStr;
use windlass_compose::model::{Labels, Service};
use windlass_yaml::Path;

use super::{Asked, AskedRoute, is_host, is_path};

pub(super) fn read(service: &Service, asked: &mut Asked) {
    let deploy = service.deploy.as_ref().map(|deploy| &deploy.labels);
    for (at, labels) in [(Path::parse("labels"), Some(&service.labels)), (Path::parse("deploy.labels"), deploy)] {
        for site in labels.into_iter().flat_map(|labels| labels.iter()).filter(|label| is_site(&label.name)) {
            if let Some(labels) = labels {
                read_site(&at, &site.name, &site.value, labels, asked);
            }
        }
    }
}

/// `caddy` or `caddy_1`.
fn is_site(name: &str) -> bool {
    name == "caddy"
        || name.strip_prefix("caddy_").is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn read_site(labels_at: &Path, site: &SmolStr, addresses: &str, labels: &Labels, asked: &mut Asked) {
    let site_at = labels_at.key(site);
    let prefix = format!("{site}.");
    let mut port = None;
    let mut path: Option<SmolStr> = None;
    let mut is_plain = false;
    let mut at = vec![site_at.clone()];
    let mut others = Vec::new();
    for label in labels {
        let Some(directive) = label.name.strip_prefix(&prefix) else { continue };
        let own = labels_at.key(&label.name.value);
        let last = directive.rsplit('.').next().unwrap_or(directive);
        let last = last.trim_start_matches(|character: char| character.is_ascii_digit() || character == '_');
        match last {
            "reverse_proxy" => {
                port = upstream_port(&label.value).or(port);
                // A path may stand before the upstream: `/api/* {{upstreams}}`.
                path = label.value.split_whitespace().next().and_then(prefix_of).or(path);
                at.push(own);
            }
            "handle" | "handle_path" if prefix_of(&label.value).is_some() => {
                path = prefix_of(&label.value);
                if last == "handle_path" {
                    others.push((own, "the path is passed on whole; Ingress controllers have annotations that cut it off".to_owned()));
                } else {
                    at.push(own);
                }
            }
            "tls" => at.push(own),
            _ => others.push((own, "a directive of Caddy's; Ingress controllers have annotations that do the same".to_owned())),
        }
    }
    asked.unusable.extend(others);
    // What leads somewhere else, or shows files, is not a way to this service.
    if !labels.iter().any(|label| label.name.starts_with(&prefix) && label.name.ends_with("reverse_proxy")) {
        asked.unusable.extend(at.into_iter().map(|at| (at, "it has no `reverse_proxy` to this service".to_owned())));
        return;
    }
    let mut is_any = false;
    for address in addresses.split([',', ' ']).map(str::trim).filter(|address| !address.is_empty()) {
        is_plain |= address.starts_with("http://");
        let host = address.trim_start_matches("https://").trim_start_matches("http://");
        let host = host.split(['/', ':']).next().unwrap_or(host);
        if is_host(host) {
            is_any = true;
            // Caddy gets a certificate for every name, unless the address says otherwise.
            asked.routes.push(AskedRoute {
                host: Some(host.into()),
                path: path.clone(),
                port,
                is_encrypted: !is_plain,
                at: at.clone(),
                ..AskedRoute::default()
            });
        }
    }
    if !is_any {
        asked.unusable.extend(at.into_iter().map(|at| (at, "no address of it is a host name".to_owned())));
    }
}

/// `/api/*` → `/api`.
fn prefix_of(text: &str) -> Option<SmolStr> {
    let path = text.trim().trim_end_matches('*');
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    is_path(path).then(|| path.into())
}

/// The port of `{{upstreams 8080}}` or `{{upstreams http 8080}}`.
fn upstream_port(text: &str) -> Option<u16> {
    let inner = text.split_once("{{")?.1.split_once("}}")?.0;
    let mut words = inner.split_whitespace().filter(|word| *word != "upstreams");
    words.find_map(|word| word.parse().ok()).filter(|port| *port > 0)
}
