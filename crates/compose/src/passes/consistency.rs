//! What services refer to exists, and their attributes don't contradict each other.
//!
//! Looks at enabled services of a normalised project; a disabled service may refer to anything.

use std::collections::BTreeMap;

use windlass_source::{Code, Diagnostic, Span};
use windlass_yaml::{Key, Map, Node, Number, Value};

use crate::loader::Loader;

const UNDEFINED: Code = Code("compose::undefined-reference");
const CONFLICT: Code = Code("compose::conflicting-values");
const EXCLUSIVE: Code = Code("compose::mutually-exclusive");
const MISSING: Code = Code("compose::missing-attribute");
const INVALID_VALUE: Code = Code("compose::invalid-value");
const DUPLICATE: Code = Code("compose::duplicate");

/// Checks every service of `tree`; `disabled` are those that profiles took out.
pub(crate) fn check(loader: &mut Loader<'_>, tree: &mut Node, disabled: &Map) {
    let empty = Map::new();
    {
        let root = tree.as_map().unwrap_or(&empty);
        let services = root.get("services").and_then(Node::as_map).unwrap_or(&empty);
        for (key, service) in services.iter() {
            if let Some(service) = service.as_map() {
                Service { key, service, root, services, disabled }.check(loader);
            }
        }
        for (key, secret) in root.get("secrets").and_then(Node::as_map).unwrap_or(&empty).iter() {
            let set = |name: &str| secret.get(name).is_some_and(|node| !matches!(node.as_str(), Some("")) && !node.is_null());
            if secret.get("external").and_then(Node::as_bool) != Some(true) && !set("file") && !set("environment") {
                loader.report(
                    Diagnostic::error(MISSING, format!("secret `{}` has no content", key.name()))
                        .at(key.span)
                        .help("give `file` or `environment`, or `external: true`"),
                );
            }
        }
        crate::passes::cycles::check(loader, services);
        container_names(loader, services);
    }
    spread_scale(tree);
}

struct Service<'t> {
    key: &'t Key,
    service: &'t Map,
    root: &'t Map,
    services: &'t Map,
    disabled: &'t Map,
}

impl Service<'_> {
    fn get(&self, key: &str) -> Option<&Node> {
        self.service.get(key).filter(|node| !node.is_null())
    }

    /// A text that is there and not empty.
    fn text(&self, key: &str) -> Option<(&str, &Node)> {
        let node = self.get(key)?;
        Some((node.as_str().filter(|text| !text.is_empty())?, node))
    }

    fn deep(&self, keys: &[&str]) -> Option<&Node> {
        let (first, rest) = keys.split_first()?;
        rest.iter().try_fold(self.get(first)?, |node, key| node.get(key)).filter(|node| !node.is_null())
    }

    fn items(&self, key: &str) -> &[Node] {
        self.get(key).and_then(Node::as_sequence).unwrap_or_default()
    }

    fn at(&self, span: Option<Span>) -> Option<Span> {
        span.or(self.key.span)
    }

    fn check(&self, loader: &mut Loader<'_>) {
        let name = &self.key.name();
        if self.get("build").is_none() && self.text("image").is_none() && self.get("provider").is_none() {
            loader.report(
                Diagnostic::error(MISSING, format!("service `{name}` has neither `image` nor `build`"))
                    .at(self.key.span)
                    .help("name the image, or the directory that it is built from"),
            );
        }
        self.build(loader);
        self.networks(loader);
        self.healthcheck(loader);
        self.dependencies(loader);
        self.references(loader);
        self.limits(loader);
        self.scale(loader);
        self.mounts(loader);
        for watch in self.deep(&["develop", "watch"]).and_then(Node::as_sequence).unwrap_or_default() {
            let action = watch.get("action").and_then(Node::as_str);
            let target = watch.get("target").and_then(Node::as_str).unwrap_or_default();
            if target.is_empty() && !matches!(action, Some("rebuild" | "restart")) {
                loader.report(
                    Diagnostic::error(MISSING, format!("`develop.watch` of service `{name}` needs `target`"))
                        .at(self.at(watch.span()))
                        .because("only `rebuild` and `restart` copy nothing into the container"),
                );
            }
        }
    }

    fn build(&self, loader: &mut Loader<'_>) {
        let name = &self.key.name();
        let Some(build) = self.get("build").and_then(Node::as_map) else { return };
        let text = |key: &str| build.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        if text("dockerfile").is_some() && text("dockerfile_inline").is_some() {
            loader.report(
                Diagnostic::error(EXCLUSIVE, format!("`build` of service `{name}` has both `dockerfile` and `dockerfile_inline`"))
                    .at(self.at(build.get("dockerfile_inline").and_then(Node::span)))
                    .label(build.get("dockerfile").and_then(Node::span), "and here"),
            );
        }
        for (context, value) in build.get("additional_contexts").and_then(Node::as_map).into_iter().flat_map(Map::iter) {
            let Some(target) = value.as_str().and_then(|text| text.strip_prefix("service:")) else { continue };
            let span = self.at(value.span().or(context.span));
            match self.services.get(target) {
                None => self.undefined(loader, "service", target, "additional context", span, self.services),
                Some(service) if service.get("build").is_none_or(Node::is_null) => loader.report(
                    Diagnostic::error(UNDEFINED, format!("the additional context `{target}` of service `{name}` is not built"))
                        .at(span)
                        .help(format!("give service `{target}` a `build`, or use `docker-image://IMAGE`")),
                ),
                Some(_) => {}
            }
        }
        let platforms = build.get("platforms").and_then(Node::as_sequence).unwrap_or_default();
        if let Some((platform, node)) = self.text("platform")
            && !platforms.is_empty()
            && platforms.iter().all(|other| other.as_str() != Some(platform))
        {
            loader.report(
                Diagnostic::error(CONFLICT, format!("`build.platforms` of service `{name}` lacks its `platform` `{platform}`"))
                    .at(self.at(node.span()))
                    .label(build.get("platforms").and_then(Node::span), "not in here"),
            );
        }
        for secret in build.get("secrets").and_then(Node::as_sequence).unwrap_or_default() {
            self.source(loader, secret, "secrets", "build secret");
        }
    }

    fn networks(&self, loader: &mut Loader<'_>) {
        let name = &self.key.name();
        let networks = self.get("networks").and_then(Node::as_map);
        if let (Some((_, mode)), Some(networks)) = (self.text("network_mode"), networks)
            && !networks.is_empty()
        {
            loader.report(
                Diagnostic::error(EXCLUSIVE, format!("service `{name}` has both `network_mode` and `networks`"))
                    .at(self.at(mode.span()))
                    .label(self.get("networks").and_then(Node::span), "and here")
                    .because("a service with `network_mode` joins no network of the project")
                    .help("remove one of them; in a later file: `networks: !reset null`"),
            );
        }
        for (key, node) in networks.into_iter().flat_map(Map::iter) {
            if key.as_str().starts_with("x-") {
                loader.report(
                    Diagnostic::error(INVALID_VALUE, format!("service `{name}` uses a network called `{}`", key.name()))
                        .at(self.at(key.span.or(node.span())))
                        .because("docker compose takes names that start with `x-` for attributes of your own here")
                        .help("give the network another name"),
                );
                continue;
            }
            self.known(loader, "networks", "network", key.name(), self.at(key.span.or(node.span())));
        }
    }

    fn healthcheck(&self, loader: &mut Loader<'_>) {
        let test = self.deep(&["healthcheck", "test"]).and_then(Node::as_sequence).unwrap_or_default();
        if let Some(first) = test.first()
            && !matches!(first.as_str(), Some("CMD" | "CMD-SHELL" | "NONE"))
        {
            loader.report(
                Diagnostic::error(INVALID_VALUE, format!("`healthcheck.test` of service `{}` must start with `CMD`", self.key.name()))
                    .at(self.at(first.span()))
                    .because("a list starts with `CMD` (words), `CMD-SHELL` (a shell's line) or `NONE`")
                    .help("write `CMD` as its first word, or the command as text"),
            );
        }
    }

    fn dependencies(&self, loader: &mut Loader<'_>) {
        for (key, dependency) in self.get("depends_on").and_then(Node::as_map).into_iter().flat_map(Map::iter) {
            let other = key.as_str();
            if self.services.contains_key(other) {
                continue;
            }
            let span = self.at(key.span.or(dependency.span()));
            if self.disabled.contains_key(other) {
                if dependency.get("required").and_then(Node::as_bool) != Some(false) {
                    let profiles = self.disabled.get(other).and_then(|service| service.get("profiles"));
                    let profiles: Vec<_> =
                        profiles.and_then(Node::as_sequence).unwrap_or_default().iter().filter_map(Node::as_str).collect();
                    loader.report(
                        Diagnostic::error(UNDEFINED, format!("service `{}` depends on `{other}`, whose profile is off", self.key.name()))
                            .at(span)
                            .help(format!("enable it with `--profile {}`, or set `required: false`", profiles.first().unwrap_or(&"NAME"))),
                    );
                }
            } else {
                self.undefined(loader, "service", other, "dependency", span, self.services);
            }
        }
        if let Some((mode, node)) = self.text("network_mode")
            && let Some(other) = mode.strip_prefix("service:")
            && !self.services.contains_key(other)
            && self.get("depends_on").is_none_or(|depends_on| depends_on.get(other).is_none())
        {
            self.undefined(loader, "service", other, "`network_mode`", self.at(node.span()), self.services);
        }
    }

    fn references(&self, loader: &mut Loader<'_>) {
        for mount in self.items("volumes") {
            if mount.get("type").and_then(Node::as_str) == Some("volume")
                && let Some(source) = mount.get("source")
                && let Some(volume) = source.as_str().filter(|text| !text.is_empty())
            {
                self.known(loader, "volumes", "volume", volume, self.at(source.span().or(mount.span())));
            }
        }
        for config in self.items("configs") {
            self.source(loader, config, "configs", "config");
        }
        for secret in self.items("secrets") {
            self.source(loader, secret, "secrets", "secret");
        }
        for (key, node) in self.get("models").and_then(Node::as_map).into_iter().flat_map(Map::iter) {
            self.known(loader, "models", "model", key.name(), self.at(key.span.or(node.span())));
        }
    }

    fn source(&self, loader: &mut Loader<'_>, mount: &Node, section: &str, noun: &str) {
        let source = mount.get("source");
        let name = source.and_then(Node::as_str).unwrap_or_default();
        self.known(loader, section, noun, name, self.at(source.and_then(Node::span).or(mount.span())));
    }

    fn known(&self, loader: &mut Loader<'_>, section: &str, noun: &str, name: &str, span: Option<Span>) {
        let empty = Map::new();
        let known = self.root.get(section).and_then(Node::as_map).unwrap_or(&empty);
        if !known.contains_key(name) {
            let diagnostic =
                Diagnostic::error(UNDEFINED, format!("service `{}` uses {noun} `{name}`, which is not declared", self.key.name()));
            let diagnostic = match loader.closest(name, known.keys().map(Key::as_str)) {
                Some(closest) => diagnostic.label(span, format!("did you mean `{closest}`?")),
                None => diagnostic.at(span),
            };
            loader.report(diagnostic.help(format!("declare it at the top of the file: `{section}: {{ {name}: … }}`")));
        }
    }

    fn undefined(&self, loader: &mut Loader<'_>, noun: &str, name: &str, what: &str, span: Option<Span>, known: &Map) {
        let diagnostic =
            Diagnostic::error(UNDEFINED, format!("the {what} `{name}` of service `{}` is no {noun} of the project", self.key.name()));
        let diagnostic = match loader.closest(name, known.keys().map(Key::as_str)) {
            Some(closest) => diagnostic.label(span, format!("did you mean `{closest}`?")),
            None => diagnostic.at(span),
        };
        loader.report(diagnostic.help(format!("add the {noun} to the project, or take its name out here")));
    }

    /// The legacy limits must say the same as `deploy.resources`, where that has any.
    fn limits(&self, loader: &mut Loader<'_>) {
        type Amount = fn(&Node) -> Option<f64>;
        let pairs: [(&str, &str, &str, Amount); 4] = [
            ("cpus", "limits", "cpus", |node| number(node).map(|cores| f64::from(cores as f32))),
            ("mem_limit", "limits", "memory", bytes),
            ("mem_reservation", "reservations", "memory", bytes),
            ("pids_limit", "limits", "pids", number),
        ];
        for (legacy, kind, key, value) in pairs {
            let Some(node) = self.get(legacy) else { continue };
            let Some(limits) = self.deep(&["deploy", "resources", kind]) else { continue };
            let (Some(here), there) = (value(node), limits.get(key).and_then(value).unwrap_or(0.0)) else { continue };
            if here != 0.0 && here != there {
                let other = limits.get(key).and_then(Node::span).or(limits.span());
                loader.report(
                    Diagnostic::error(
                        CONFLICT,
                        format!("service `{}` has different `{legacy}` and `deploy.resources.{kind}.{key}`", self.key.name()),
                    )
                    .at(self.at(node.span()))
                    .label(other, "the other value")
                    .help(format!("keep one, or give `deploy.resources.{kind}.{key}` the value of `{legacy}`")),
                );
            }
        }
    }

    fn scale(&self, loader: &mut Loader<'_>) {
        let name = &self.key.name();
        let scale = self.get("scale").and_then(|node| Some((number(node)?, node, "scale")));
        let replicas = self.deep(&["deploy", "replicas"]).and_then(|node| Some((number(node)?, node, "deploy.replicas")));
        if let (Some((a, node, _)), Some((b, other, _))) = (scale, replicas)
            && a != b
        {
            loader.report(
                Diagnostic::error(CONFLICT, format!("service `{name}` has different `scale` and `deploy.replicas`"))
                    .at(self.at(node.span()))
                    .label(other.span(), "the other value")
                    .help("keep `deploy.replicas`"),
            );
        }
        for (count, node, key) in [scale, replicas].into_iter().flatten() {
            if count < 0.0 {
                loader.report(Diagnostic::error(INVALID_VALUE, format!("`{key}` of service `{name}` is below 0")).at(self.at(node.span())));
            }
        }
        if let (Some((count, node, key)), Some((_, container))) = (scale.or(replicas), self.text("container_name"))
            && count > 1.0
        {
            loader.report(
                Diagnostic::error(CONFLICT, format!("service `{name}` has a `container_name` and {count} containers"))
                    .at(self.at(container.span()))
                    .label(node.span(), format!("`{key}`"))
                    .because("two containers can't have one name")
                    .help("remove `container_name`"),
            );
        }
    }

    fn mounts(&self, loader: &mut Loader<'_>) {
        let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
        let tmpfs = self.items("tmpfs").iter().filter_map(|node| Some((node.as_str()?.split(':').next()?, node)));
        let mounts = self.items("volumes").iter().filter_map(|mount| Some((mount.get("target")?.as_str()?, mount)));
        for (target, node) in tmpfs.chain(mounts) {
            if let Some(first) = seen.insert(target, node) {
                let span = node.get("target").and_then(Node::span).or(node.span());
                loader.report(
                    Diagnostic::error(DUPLICATE, format!("service `{}` mounts two things on `{target}`", self.key.name()))
                        .at(self.at(span))
                        .label(first.get("target").and_then(Node::span).or(first.span()), "the first one"),
                );
            }
        }
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(Number::Int(value)) => Some(*value as f64),
        Value::Number(Number::UInt(value)) => Some(*value as f64),
        Value::Number(Number::Float(value)) => Some(*value),
        Value::String(text) => crate::number::parse(text).ok(),
        _ => None,
    }
}

fn bytes(node: &Node) -> Option<f64> {
    match &node.value {
        Value::String(text) => crate::bytes::parse(text).ok().map(|bytes| bytes as f64),
        Value::Number(Number::Float(_)) => Some(0.0),
        _ => number(node),
    }
}

fn container_names(loader: &mut Loader<'_>, services: &Map) {
    let mut seen: BTreeMap<&str, (&Key, &Node)> = BTreeMap::new();
    for (key, service) in services.iter() {
        let Some(node) = service.get("container_name") else { continue };
        let Some(name) = node.as_str().filter(|name| !name.is_empty()) else { continue };
        if let Some((first, other)) = seen.insert(name, (key, node)) {
            loader.report(
                Diagnostic::error(DUPLICATE, format!("services `{}` and `{}` have the same `container_name`", first.name(), key.name()))
                    .at(node.span().or(key.span))
                    .label(other.span(), "the first one"),
            );
        }
    }
}

/// `scale` also sets `deploy.replicas` where there is a `deploy`.
fn spread_scale(tree: &mut Node) {
    for service in tree.get_mut("services").and_then(Node::as_map_mut).into_iter().flat_map(Map::values_mut) {
        let Some(service) = service.as_map_mut() else { continue };
        let Some(scale) = service.get("scale").filter(|node| !node.is_null()).cloned() else { continue };
        if let Some(deploy) = service.get_mut("deploy").and_then(Node::as_map_mut) {
            deploy.insert("replicas", scale);
        }
    }
}
