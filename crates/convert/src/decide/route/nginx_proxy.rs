//! The variables by which nginx-proxy and its ACME companion find services (their documentation): VIRTUAL_HOST and its
//! neighbours. They stay variables of the container too.

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_yaml::Path;

use super::{Asked, AskedRoute, is_host, is_path};

pub(super) fn read(service: &Service, asked: &mut Asked) {
    let variable = |name: &str| service.environment.get(name).and_then(Option::as_ref).map(|value| value.value.as_str());
    let Some(hosts) = variable("VIRTUAL_HOST") else { return };
    let at = |name: &str| Path::parse("environment").key(name);
    let port = variable("VIRTUAL_PORT").and_then(|port| port.trim().parse().ok()).filter(|port| *port > 0);
    let path = variable("VIRTUAL_PATH").filter(|path| is_path(path)).map(SmolStr::from);
    let encrypted: Vec<&str> = variable("LETSENCRYPT_HOST").map(|hosts| hosts.split(',').map(str::trim).collect()).unwrap_or_default();
    let names = ["VIRTUAL_PORT", "VIRTUAL_PATH", "LETSENCRYPT_HOST"];
    let written: Vec<Path> =
        [at("VIRTUAL_HOST")].into_iter().chain(names.iter().filter(|name| variable(name).is_some()).map(|name| at(name))).collect();
    for host in hosts.split(',').map(str::trim).filter(|host| !host.is_empty()) {
        // A port may follow, and a regular expression begins with `~`.
        let (name, port) = match host.split_once(':') {
            Some((name, number)) => (name, number.parse().ok().or(port)),
            None => (host, port),
        };
        if is_host(name) {
            let is_encrypted = encrypted.contains(&name);
            asked.routes.push(AskedRoute {
                host: Some(name.into()),
                path: path.clone(),
                port,
                is_encrypted,
                at: written.clone(),
                ..AskedRoute::default()
            });
        }
    }
}
