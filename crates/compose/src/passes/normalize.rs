//! What Compose implies: the default network, `depends_on` from links and shared namespaces, names from keys.

use smol_str::{SmolStr, format_smolstr};
use windlass_source::{Origin, clean};
use windlass_yaml::{Map, Node, Value};

use crate::environment::Environment;
use crate::passes::interpolate::part;

/// Adds what the document implies. `project` is the project's name.
pub(crate) fn normalize(tree: &mut Node, project: &str, environment: &Environment) {
    let Some(root) = tree.as_map_mut() else { return };
    networks(root);
    if let Some(services) = root.get_mut("services").and_then(Node::as_map_mut) {
        for service in services.values_mut() {
            if let Some(service) = service.as_map_mut() {
                normalize_service(service, environment);
            }
        }
    }
    names(root, project);
}

/// Puts every service without a network onto `default`, and declares that network when it is used.
fn networks(root: &mut Map) {
    let mut used = false;
    if let Some(services) = root.get_mut("services").and_then(Node::as_map_mut) {
        for service in services.values_mut() {
            let Some(service) = service.as_map_mut() else { continue };
            if service.contains_key("provider") || service.contains_key("network_mode") {
                continue;
            }
            match service.get("networks").and_then(Node::as_map) {
                Some(networks) if !networks.is_empty() => used |= networks.contains_key("default"),
                _ => {
                    service.insert("networks", map_of([("default", Node::default())]));
                    used = true;
                }
            }
        }
    }
    if used {
        let networks = root.get_or_insert_with("networks", || Node::default_value(Map::new()));
        if networks.is_null() {
            *networks = Node::default_value(Map::new());
        }
        if let Some(networks) = networks.as_map_mut() {
            networks.get_or_insert_with("default", Node::default);
        }
    }
}

fn normalize_service(service: &mut Map, environment: &Environment) {
    if let Some(policy) = service.get_mut("pull_policy")
        && policy.as_str() == Some("if_not_present")
    {
        policy.value = Value::String("missing".into());
    }
    if let Some(build) = service.get_mut("build").and_then(Node::as_map_mut) {
        if build.get("context").is_none_or(Node::is_null) {
            build.insert("context", Node::default_value("."));
        }
        let absent = |key: &str| build.get(key).is_none_or(Node::is_null);
        if absent("dockerfile") && absent("dockerfile_inline") {
            build.insert("dockerfile", Node::default_value("Dockerfile"));
        }
        if let Some(arguments) = build.get_mut("args") {
            resolve(arguments, environment, false);
        }
    }
    if let Some(variables) = service.get_mut("environment") {
        resolve(variables, environment, true);
    }
    for mount in service.get_mut("volumes").and_then(Node::as_sequence_mut).into_iter().flatten() {
        if let Some(target) = mount.get_mut("target")
            && let Some(path) = target.as_str()
        {
            let clean = clean(path);
            if clean != path {
                target.value = Value::String(clean.into());
            }
        }
    }
    let implied = implied_dependencies(service);
    if implied.is_empty() {
        return;
    }
    let depends_on = service.get_or_insert_with("depends_on", || Node::default_value(Map::new()));
    if let Some(depends_on) = depends_on.as_map_mut() {
        for (name, restart, origin) in implied {
            depends_on.get_or_insert_with(name, || {
                let mut dependency = map_of([
                    ("condition", Node::default_value("service_started")),
                    ("restart", Node::default_value(restart)),
                    ("required", Node::default_value(true)),
                ]);
                dependency.origin = origin;
                dependency
            });
        }
    }
}

/// Services that `links`, shared namespaces and `volumes_from` name: (name, restart, where).
fn implied_dependencies(service: &Map) -> Vec<(SmolStr, bool, Origin)> {
    let mut implied = Vec::new();
    for link in service.get("links").and_then(Node::as_sequence).unwrap_or_default() {
        let Some(text) = link.as_str() else { continue };
        let name = match text.split_once(':') {
            Some((name, alias)) if !alias.contains(':') => name,
            _ => text,
        };
        implied.push((name.into(), true, link.origin.clone()));
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(node) = service.get(key)
            && let Some(name) = node.as_str().and_then(|text| text.strip_prefix("service:"))
        {
            implied.push((name.into(), true, node.origin.clone()));
        }
    }
    for volumes in service.get("volumes_from").and_then(Node::as_sequence).unwrap_or_default() {
        if let Some(text) = volumes.as_str()
            && !text.starts_with("container:")
        {
            implied.push((text.split(':').next().unwrap_or(text).into(), false, volumes.origin.clone()));
        }
    }
    implied
}

/// Gives variables without a value the value of the environment. Without `keep`, those that it lacks vanish.
pub(crate) fn resolve(node: &mut Node, environment: &Environment, keep: bool) {
    let Value::Map(map) = &mut node.value else { return };
    map.retain(|key, value| {
        if !value.is_null() {
            return true;
        }
        let Some(variable) = environment.get(key.name()) else { return keep };
        value.value = Value::String(variable.value.clone());
        let origin = value.origin.span().or(key.span).map_or(Origin::DEFAULT, Origin::at);
        value.origin = origin.with_parts(part(key.name(), &variable.value, variable.source.clone()));
        true
    });
}

/// Names what has none: `project_key`, and an external thing by its key alone.
fn names(root: &mut Map, project: &str) {
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(resources) = root.get_mut(section).and_then(Node::as_map_mut) else { continue };
        for (key, resource) in resources.iter_mut() {
            if resource.is_null() {
                resource.value = Value::Map(Map::with_capacity(1));
            }
            let Some(map) = resource.as_map_mut() else { continue };
            if map.get("name").is_none_or(Node::is_null) {
                let name = match map.get("external").and_then(Node::as_bool) {
                    Some(true) => key.name().clone(),
                    _ => format_smolstr!("{project}_{}", key.name()),
                };
                map.insert("name", Node::default_value(name));
            }
        }
    }
}

fn map_of<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::default_value(entries.into_iter().collect::<Map>())
}
