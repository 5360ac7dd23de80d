//! The variables by which nginx-proxy and its ACME companion find services (their documentation): VIRTUAL_HOST and its neighbours, or
//! VIRTUAL_HOST_MULTIPORTS in their place. They stay variables of the container too.

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_k8s::name::object_name;
use windlass_source::SourceMap;
use windlass_yaml::{Budget, Node, Path};

use super::middleware::{Filter, What};
use super::{Asked, AskedRoute, is_host, is_path};

const MULTIPORTS: &str = "VIRTUAL_HOST_MULTIPORTS";

/// What `NETWORK_ACCESS=internal` lets in, as nginx-proxy's documentation lists it.
const INTERNAL: [&str; 4] = ["127.0.0.0/8", "10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12"];

/// A path of a host that leads to the container.
struct Mount<'v> {
    host: &'v str,
    path: &'v str,
    /// What stands in place of the path when it is passed on.
    dest: &'v str,
    port: Option<u16>,
    protocol: &'v str,
}

/// `index` is the service's place in the project.
pub(super) fn read(index: usize, service: &Service, asked: &mut Asked) {
    let reader = Reader { index, service };
    let variable = |name: &str| reader.variable(name);
    let node;
    let (mounts, names) = if let Some(text) = variable(MULTIPORTS) {
        node = windlass_yaml::parse(SourceMap::new().add(MULTIPORTS, ""), text, &Budget::default()).documents.into_iter().next();
        (several(node.as_ref().map(|document| &document.root)), vec![MULTIPORTS])
    } else if let Some(hosts) = variable("VIRTUAL_HOST") {
        let names = ["VIRTUAL_HOST", "VIRTUAL_PORT", "VIRTUAL_PATH"];
        (reader.one(hosts), names.into_iter().filter(|name| variable(name).is_some()).collect())
    } else {
        return;
    };
    let method = variable("HTTPS_METHOD").unwrap_or_default();
    let certified: Vec<&str> = variable("LETSENCRYPT_HOST").map(|hosts| hosts.split(',').map(str::trim).collect()).unwrap_or_default();
    let certificate = variable("CERT_NAME").filter(|name| !name.trim().is_empty());
    let mut shaping: Vec<Path> = names.iter().map(|name| reader.at(name)).collect();
    shaping.extend(["LETSENCRYPT_HOST", "CERT_NAME"].iter().filter(|name| variable(name).is_some()).map(|name| reader.at(name)));
    let mut refused = Vec::new();
    for mount in mounts {
        // The star of a wildcard can stand before a name alone, and a regular expression begins with `~`.
        let path = mount.path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(mount.path);
        if !is_host(mount.host) || !is_path(path) {
            let what = if is_host(mount.host) { mount.path } else { mount.host };
            if !refused.contains(&what) {
                refused.push(what);
            }
            continue;
        }
        let is_encrypted = method != "nohttps" && (certificate.is_some() || certified.contains(&mount.host));
        asked.routes.push(AskedRoute {
            host: Some(mount.host.into()),
            path: (path != "/").then(|| path.into()),
            port: mount.port,
            is_encrypted,
            tls_secret: certificate.filter(|_| is_encrypted).map(object_name),
            at: shaping.clone(),
            filters: reader.filters(&mount, path, is_encrypted, method),
            ..AskedRoute::default()
        });
    }
    if !refused.is_empty() {
        let reason = format!("it stays a variable; `{}` is more than a host name or a path, so no route leads there", refused.join("`, `"));
        asked.unusable.push((reader.at(names[0]), reason));
    }
    for (name, message) in [
        ("LETSENCRYPT_EMAIL", "an issuer of cert-manager says it"),
        ("LETSENCRYPT_TEST", "an issuer of cert-manager says it"),
        ("ACME_CA_URI", "an issuer of cert-manager says it"),
        ("SSL_POLICY", "a setting of the whole controller or Gateway"),
        ("SERVER_TOKENS", "a setting of the whole controller or Gateway"),
    ] {
        if variable(name).is_some() {
            asked.heeded.push((reader.at(name), message));
        }
    }
    if method == "nohttps" {
        asked.heeded.push((reader.at("HTTPS_METHOD"), "no TLS, as it says"));
    }
}

/// Hosts with their paths: `host: { "/path": { port: 80, dest: "/" } }`; a host alone is all of its paths.
fn several(root: Option<&Node>) -> Vec<Mount<'_>> {
    let mut mounts = Vec::new();
    for (host, paths) in root.and_then(Node::as_map).into_iter().flat_map(|hosts| hosts.iter()) {
        let mount = |path, settings: Option<&'_ Node>| {
            let get = |name: &str| settings.and_then(|settings| settings.get(name));
            let port = get("port").and_then(|port| port.as_i64().or_else(|| port.as_str()?.trim().parse().ok()));
            (path, port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0))
        };
        match paths.as_map().filter(|paths| !paths.is_empty()) {
            None => mounts.push(Mount { host: host.as_str(), path: "/", dest: "", port: None, protocol: "" }),
            Some(paths) => {
                for (path, settings) in paths.iter() {
                    let (path, port) = mount(path.as_str(), Some(settings));
                    let text = |name: &str| settings.get(name).and_then(Node::as_str).unwrap_or_default();
                    mounts.push(Mount { host: host.as_str(), path, dest: text("dest"), port, protocol: text("proto") });
                }
            }
        }
    }
    mounts
}

struct Reader<'s> {
    index: usize,
    service: &'s Service,
}

impl<'s> Reader<'s> {
    fn variable(&self, name: &str) -> Option<&'s str> {
        self.service.environment.get(name).and_then(Option::as_ref).map(|value| value.value.as_str())
    }

    fn at(&self, name: &str) -> Path {
        Path::parse("environment").key(name)
    }

    /// The hosts of VIRTUAL_HOST, all with one path and port.
    fn one(&self, hosts: &'s str) -> Vec<Mount<'s>> {
        let port = self.variable("VIRTUAL_PORT").and_then(|port| port.trim().parse().ok()).filter(|port| *port > 0);
        let path = self.variable("VIRTUAL_PATH").map(str::trim).filter(|path| !path.is_empty()).unwrap_or("/");
        let dest = self.variable("VIRTUAL_DEST").unwrap_or_default();
        let protocol = self.variable("VIRTUAL_PROTO").unwrap_or_default();
        let mount = |host: &'s str| {
            // A port may follow.
            let (host, port) = match host.split_once(':').filter(|_| !host.starts_with('~')) {
                Some((host, number)) => (host, number.parse().ok().or(port)),
                None => (host, port),
            };
            Mount { host, path, dest, port, protocol }
        };
        hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).map(mount).collect()
    }

    /// What happens on the way; `path` is the mount's as a route has it.
    fn filters(&self, mount: &Mount<'_>, path: &str, is_encrypted: bool, method: &str) -> Vec<Filter> {
        let mut filters = Vec::new();
        let mut add = |name: &str, what: What| {
            let name = if self.variable(MULTIPORTS).is_some() && name.starts_with("VIRTUAL_") { MULTIPORTS } else { name };
            filters.push(Filter { what, at: vec![(self.index, self.at(name))] });
        };
        if mount.dest.starts_with('/') && mount.dest.trim_end_matches('/') != path.trim_end_matches('/') {
            let dest = SmolStr::from(mount.dest);
            add(
                "VIRTUAL_DEST",
                match (path, mount.dest) {
                    ("/", _) => What::AddPrefix(dest),
                    (_, "/") => What::StripPrefix(path.into()),
                    _ => What::ReplacePrefix { from: path.into(), to: dest },
                },
            );
        }
        match mount.protocol {
            "" | "http" => {}
            "https" => add("VIRTUAL_PROTO", What::Upstream("HTTPS")),
            "grpc" => add("VIRTUAL_PROTO", What::Upstream("GRPC")),
            "grpcs" => add("VIRTUAL_PROTO", What::Upstream("GRPCS")),
            other => {
                let reason = format!("controllers speak HTTP to a service; a web server beside it speaks {other}");
                add("VIRTUAL_PROTO", What::Nothing(reason));
            }
        }
        match method {
            "redirect" if is_encrypted => add("HTTPS_METHOD", What::RedirectToHttps { is_permanent: true }),
            "noredirect" if is_encrypted => add("HTTPS_METHOD", What::PlainToo),
            "nohttp" => add(
                "HTTPS_METHOD",
                What::Nothing("whether plain requests are answered is for the controller's or Gateway's listeners".to_owned()),
            ),
            _ => {}
        }
        match self.variable("HSTS") {
            None | Some("" | "off") => {}
            Some(value) if is_encrypted => add("HSTS", What::ResponseHeaders(vec![("Strict-Transport-Security".into(), value.into())])),
            Some(_) => {}
        }
        if self.variable("NETWORK_ACCESS") == Some("internal") {
            add("NETWORK_ACCESS", What::AllowList(INTERNAL.map(SmolStr::new_static).to_vec()));
        }
        filters
    }
}
