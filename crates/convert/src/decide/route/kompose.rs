//! Kompose's labels for an Ingress: `kompose.service.expose` with hosts, a Secret for TLS, a class.

use windlass_compose::model::{Labels, Service};
use windlass_yaml::Path;

use super::{Asked, AskedRoute, is_host, is_path, label_sets};

const EXPOSE: &str = "kompose.service.expose";
const SECRET: &str = "kompose.service.expose.tls-secret";

pub(super) fn read(service: &Service, asked: &mut Asked) {
    for (at, labels) in label_sets(service) {
        labels_of(&at, labels, asked);
    }
}

fn labels_of(labels_at: &Path, labels: &Labels, asked: &mut Asked) {
    let Some(hosts) = labels.get(EXPOSE) else {
        if labels.contains(SECRET) {
            asked.unusable.push((labels_at.key(SECRET), format!("without `{EXPOSE}` there is no Ingress")));
        }
        return;
    };
    let at = labels_at.key(EXPOSE);
    if hosts.eq_ignore_ascii_case("false") || hosts.is_empty() {
        asked.heeded.push((at, "no Ingress, as it says"));
        return;
    }
    let secret = labels.get(SECRET).map(|secret| secret.value.clone());
    let paths: Vec<Path> = [at.clone()].into_iter().chain(secret.is_some().then(|| labels_at.key(SECRET))).collect();
    let route = AskedRoute { tls_secret: secret, at: paths, ..AskedRoute::default() };
    if hosts.eq_ignore_ascii_case("true") {
        asked.routes.push(route);
        return;
    }
    let mut is_any = false;
    for host in hosts.split(',').map(str::trim) {
        let (name, path) = host.find('/').map_or((host, None), |slash| (&host[..slash], Some(&host[slash..])));
        if is_host(name) && path.is_none_or(is_path) {
            is_any = true;
            asked.routes.push(AskedRoute { host: Some(name.into()), path: path.map(Into::into), ..route.clone() });
        }
    }
    if !is_any {
        asked.unusable.push((at, "none of these is a host name".to_owned()));
    }
}
