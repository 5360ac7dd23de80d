//! The catalogue: a [`Reference`] in, the [`Image`] that it names out. One file an image, compiled in; only the file that matches is parsed, once.
//!
//! # Adding an image
//!
//! 1. Write `catalogue/<name>.yaml`. Its first line is `names: […]`, on one line, since a look-up reads nothing else of files that don't match: every
//!    repository that has this image, as short as Docker writes it (`postgres`, `bitnami/redis`, `quay.io/keycloak/keycloak`). A trailing `/*` covers a
//!    namespace, behind every exact name. Mirrors need no name: [`REGISTRIES`] and [`familiar`] know them.
//! 2. A second line `software: […]` is for servers that others build as well: last path components (`acme/postgres`) that say enough to know role, ports and data.
//! 3. The other keys are the fields of [`Image`]. They describe what the tag `latest` has. Take facts from the image's own documentation or Dockerfile, name it
//!    under `documentation`, and leave out what you can't find there.
//! 4. `builds:` holds what differs: each has `repositories` (names of the first line), `tags` (patterns with `*`) or `below` (a version: the tag's leading
//!    number is lower), and the keys that it replaces, each as a whole. All that match apply, in order. Without a tag, `latest` is matched;
//!    with only a digest, no `tags` and no `below` match.
//! 5. Add the name to the list below, in order. The tests of `catalogue/consistency.rs` say what is missing.

use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use crate::image::{Check, Health, Image, KnownBy, Probe, Protocol};
use crate::reference::Reference;

/// Lists the entries by the names of their files.
macro_rules! entries {
    ($($name:literal)*) => {
        /// Every entry, in the order of names.
        static ENTRIES: [Entry; [$($name),*].len()] = [
            $(Entry { name: $name, text: include_str!(concat!("catalogue/", $name, ".yaml")), parsed: OnceLock::new() }),*
        ];
    };
}

entries! {
    "activemq"
    "alertmanager"
    "alpine"
    "apisix"
    "apisix-dashboard"
    "arangodb"
    "busybox"
    "caddy"
    "caddy-docker-proxy"
    "cadvisor"
    "cassandra"
    "certbot"
    "chroma"
    "ci-runner"
    "clickhouse"
    "cloud-cli"
    "cloudflared"
    "cockroachdb"
    "composer"
    "confluent"
    "consul"
    "couchdb"
    "curl"
    "debezium"
    "directus"
    "distroless"
    "docker-socket-proxy"
    "dotnet"
    "dragonfly"
    "drone"
    "drupal"
    "elastic-beats"
    "elasticsearch"
    "emqx"
    "envoy"
    "etcd"
    "fluent-bit"
    "fluentd"
    "ghost"
    "gitea"
    "gitlab"
    "golang"
    "grafana"
    "graphite"
    "graylog"
    "haproxy"
    "harbor"
    "hazelcast"
    "hello-world"
    "host-agent"
    "http-echo"
    "httpd"
    "infinispan"
    "influxdb"
    "jaeger"
    "java"
    "jenkins"
    "jetty"
    "joomla"
    "kafka"
    "karma"
    "keydb"
    "kibana"
    "kong"
    "kubectl"
    "linux"
    "logstash"
    "loki"
    "mariadb"
    "matomo"
    "meilisearch"
    "memcached"
    "milvus"
    "minio"
    "minio-mc"
    "mongo"
    "mosquitto"
    "mssql"
    "mysql"
    "nats"
    "neo4j"
    "netdata"
    "nextcloud"
    "nextcloud-aio"
    "nexus"
    "nginx"
    "nginx-proxy"
    "nginx-proxy-acme"
    "nginx-proxy-manager"
    "node"
    "node-exporter"
    "odoo"
    "opensearch"
    "opensearch-dashboards"
    "opentelemetry-collector"
    "oracle-database"
    "percona"
    "pgbouncer"
    "php"
    "portainer"
    "postgres"
    "prometheus"
    "prometheus-exporter"
    "promtail"
    "pulsar"
    "pushgateway"
    "python"
    "qdrant"
    "questdb"
    "rabbitmq"
    "redis"
    "redpanda"
    "registry"
    "rethinkdb"
    "ruby"
    "schema-migration"
    "scylla"
    "seaweedfs"
    "seq"
    "solr"
    "sonarqube"
    "strapi"
    "surrealdb"
    "teamcity"
    "telegraf"
    "tomcat"
    "traefik"
    "typesense"
    "uptime-kuma"
    "valkey"
    "varnish"
    "vault"
    "vector"
    "victoriametrics"
    "wait-for"
    "weaviate"
    "whoami"
    "wildfly"
    "wordpress"
    "zipkin"
    "zookeeper"
}

/// Registries, and namespaces of them, that hold the same images as another one.
const REGISTRIES: &[(&str, &str)] = &[
    ("bitnamilegacy/", "bitnami/"),
    ("bitnamisecure/", "bitnami/"),
    ("docker.m.daocloud.io/", ""),
    ("docker.1ms.run/", ""),
    ("dockerproxy.com/", ""),
    ("dockerproxy.net/", ""),
    ("hub.docker.com/", ""),
    ("mirror.gcr.io/", ""),
    ("public.ecr.aws/bitnami/", "bitnami/"),
    ("public.ecr.aws/docker/library/", ""),
    ("public.ecr.aws/docker/", ""),
    ("registry-1.docker.io/", ""),
    ("registry.hub.docker.com/", ""),
    ("ghcr.io/linuxserver/", "linuxserver/"),
    ("lscr.io/linuxserver/", "linuxserver/"),
];

/// Path parts after which a cache or proxy registry repeats a Docker Hub path: `harbor.example.com/hub/docker.io/library/redis`.
const PROXY_PATHS: &[&str] = &["/docker.io/", "/dependency_proxy/containers/", "/dockerhub/", "/docker-hub/"];

/// Namespaces of Docker's official images for one architecture.
const ARCHITECTURES: &[&str] = &["amd64/", "arm32v5/", "arm32v6/", "arm32v7/", "arm64v8/", "i386/", "ppc64le/", "riscv64/", "s390x/"];

/// One file.
struct Entry {
    name: &'static str,
    text: &'static str,
    parsed: OnceLock<Parsed>,
}

/// A parsed file, and the images made of it so far.
struct Parsed {
    base: Mapping,
    builds: Vec<Build>,
    /// Which builds apply (a bit each) and how it was recognised, with the image that results. A few at most, kept for the process's life.
    images: Mutex<Vec<(u64, KnownBy, &'static Image)>>,
}

/// What differs for some repositories or tags. Conditions are joined by "and".
#[derive(Deserialize)]
struct Build {
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    below: Option<String>,
    #[serde(flatten)]
    changes: Mapping,
}

/// What is known of the image that `reference` names, with what is particular to its repository and tag applied.
pub fn find(reference: &Reference) -> Option<&'static Image> {
    let name = familiar(reference);
    let (entry, known_by) = find_entry(&name)?;
    Some(entry.image(&name, reference, known_by))
}

/// Every image of the catalogue as its tag `latest` is, in the order of names.
pub fn all() -> impl Iterator<Item = &'static Image> {
    ENTRIES.iter().map(|entry| entry.parsed().image(entry.name, 0, KnownBy::Repository))
}

/// The repository as short as Docker writes it, with mirrors taken for what they mirror.
fn familiar(reference: &Reference) -> String {
    let name = reference.familiar_name();
    if let Some((mirror, original)) = REGISTRIES.iter().find(|(mirror, _)| name.starts_with(mirror)) {
        return without_default_namespace(&format!("{original}{}", &name[mirror.len()..])).to_owned();
    }
    if let Some(end) = PROXY_PATHS.iter().find_map(|part| name.find(part).map(|at| at + part.len())) {
        return without_default_namespace(&name[end..]).to_owned();
    }
    without_default_namespace(&name).to_owned()
}

/// `library/redis` and `arm64v8/redis` are `redis`.
fn without_default_namespace(name: &str) -> &str {
    let official = name.strip_prefix("library/");
    let official = official.or_else(|| ARCHITECTURES.iter().find_map(|architecture| name.strip_prefix(architecture)));
    official.filter(|rest| !rest.contains('/')).unwrap_or(name)
}

/// The entry with exactly this name, else one with its namespace, else one with its software.
fn find_entry(name: &str) -> Option<(&'static Entry, KnownBy)> {
    let exact = |entry: &&Entry| entry.names().any(|known| known == name);
    let namespace = |entry: &&Entry| {
        entry.names().any(|known| known.strip_suffix('*').and_then(|prefix| name.strip_prefix(prefix)).is_some_and(|rest| !rest.is_empty()))
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    let software = |entry: &&Entry| entry.software().any(|known| known == last);
    ENTRIES
        .iter()
        .find(exact)
        .or_else(|| ENTRIES.iter().find(namespace))
        .map(|entry| (entry, KnownBy::Repository))
        .or_else(|| ENTRIES.iter().find(software).map(|entry| (entry, KnownBy::Name)))
}

impl Entry {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        listed(self.text.lines().next(), "names: [")
    }

    fn software(&self) -> impl Iterator<Item = &'static str> {
        listed(self.text.lines().nth(1), "software: [")
    }

    fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| Parsed::read(self.text).unwrap_or_else(|error| panic!("catalogue/{}.yaml: {error}", self.name)))
    }

    fn image(&self, name: &str, reference: &Reference, known_by: KnownBy) -> &'static Image {
        let parsed = self.parsed();
        let tag = match (reference.tag(), reference.digest()) {
            (Some(tag), _) => Some(tag),
            (None, Some(_)) => None,
            (None, None) => Some("latest"),
        };
        let applies = parsed
            .builds
            .iter()
            .enumerate()
            .filter(|(_, build)| build.applies(name, tag))
            .fold(0, |applies, (index, _)| applies | 1 << index);
        parsed.image(self.name, applies, known_by)
    }
}

/// The items of a one-line flow list after `start`.
fn listed(line: Option<&'static str>, start: &str) -> impl Iterator<Item = &'static str> {
    let items = line.and_then(|line| line.strip_prefix(start)?.strip_suffix(']')).unwrap_or("");
    items.split(',').map(str::trim).filter(|item| !item.is_empty())
}

impl Parsed {
    fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        let mut base: Mapping = serde_yaml::from_str(text)?;
        base.remove("names");
        base.remove("software");
        let builds = match base.remove("builds") {
            Some(builds) => serde_yaml::from_value(builds)?,
            None => Vec::new(),
        };
        Ok(Self { base, builds, images: Mutex::new(Vec::new()) })
    }

    /// The image that results when the builds of `applies` are laid over the base.
    fn image(&self, name: &'static str, applies: u64, known_by: KnownBy) -> &'static Image {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, image)) = images.iter().find(|known| (known.0, known.1) == (applies, known_by)) {
            return image;
        }
        let image = self.merged(name, applies, known_by);
        let image = image.unwrap_or_else(|error| panic!("catalogue/{name}.yaml: {error}"));
        let image: &'static Image = Box::leak(Box::new(image));
        images.push((applies, known_by, image));
        image
    }

    fn merged(&self, name: &'static str, applies: u64, known_by: KnownBy) -> Result<Image, serde_yaml::Error> {
        let mut fields = self.base.clone();
        for (_, build) in self.builds.iter().enumerate().filter(|(index, _)| applies >> index & 1 == 1) {
            fields.extend(build.changes.clone());
        }
        let mut image: Image = serde_yaml::from_value(Value::Mapping(fields))?;
        image.name = name;
        if known_by == KnownBy::Name {
            forget_build(&mut image);
        }
        Ok(image)
    }
}

/// Keeps what follows from the software, whoever built the image.
fn forget_build(image: &mut Image) {
    let main = image.ports.iter().find(|port| port.protocol == Protocol::Tcp).map(|port| port.port);
    let probe = main.map(|port| Probe { check: Check::Tcp(port), period: 10, timeout: 5, failures: 3 });
    image.known_by = KnownBy::Name;
    image.health = Health { readiness: probe, liveness: None, startup: None };
    image.healthcheck = false;
    image.user = None;
    image.fs_group = None;
    image.writable = Vec::new();
    image.shell = None;
    image.capabilities = Vec::new();
}

impl Build {
    fn applies(&self, name: &str, tag: Option<&str>) -> bool {
        let repository = self.repositories.is_empty() || self.repositories.iter().any(|known| glob(known, name));
        let tagged = self.tags.is_empty() || tag.is_some_and(|tag| self.tags.iter().any(|pattern| glob(pattern, tag)));
        let version = self.below.as_ref().is_none_or(|limit| tag.is_some_and(|tag| is_below(tag, limit)));
        repository && tagged && version
    }
}

/// Whether `text` fits `pattern`, in which each `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|text| (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]))),
    }
}

/// Whether a tag begins with a version that is lower than `limit`. A tag that leaves parts out (`8`) follows the newest of them.
fn is_below(tag: &str, limit: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|letter: char| letter != '.' && !letter.is_ascii_digit()).unwrap_or(text.len());
        text[..end].split('.').map_while(|number| number.parse().ok()).collect()
    };
    let (tag, limit) = (numbers(tag), numbers(limit));
    // The first part that differs decides; none means that the tag is the limit, or floats above it.
    tag.iter().zip(&limit).find(|(left, right)| left != right).is_some_and(|(left, right)| left < right)
}

#[cfg(test)]
mod consistency;
#[cfg(test)]
mod tests;
