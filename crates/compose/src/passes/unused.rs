//! Networks, volumes, configs, secrets and models that no enabled service uses are left out of the result.

use std::collections::BTreeSet;

use smol_str::SmolStr;
use windlass_yaml::{Map, Node, Value};

/// Takes out what nobody uses.
pub(crate) fn remove_unused(tree: &mut Node) {
    let Some(root) = tree.as_map_mut() else { return };
    let mut used: [(&str, BTreeSet<SmolStr>); 5] =
        ["networks", "volumes", "secrets", "configs", "models"].map(|section| (section, BTreeSet::new()));
    let [networks, volumes, secrets, configs, models] = used.each_mut().map(|(_, set)| set);
    for service in root.get("services").and_then(Node::as_map).into_iter().flat_map(Map::values) {
        keys(service.get("networks"), networks);
        keys(service.get("models"), models);
        sources(service.get("secrets"), secrets);
        sources(service.get("build").and_then(|build| build.get("secrets")), secrets);
        sources(service.get("configs"), configs);
        let mounts = service.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
        volumes.extend(mounts.iter().filter(|mount| mount.get("type").and_then(Node::as_str) == Some("volume")).filter_map(source));
    }
    for (section, used) in &used {
        if let Some(map) = root.get_mut(section).and_then(Node::as_map_mut) {
            map.retain(|key, _| used.contains(key.as_str()));
            if map.is_empty() {
                root.remove(section);
            }
        }
    }
}

fn keys(node: Option<&Node>, into: &mut BTreeSet<SmolStr>) {
    match node.map(|node| &node.value) {
        Some(Value::Map(map)) => into.extend(map.keys().map(|key| key.name().clone())),
        Some(Value::Sequence(items)) => into.extend(items.iter().filter_map(Node::as_str).map(SmolStr::from)),
        _ => {}
    }
}

fn sources(node: Option<&Node>, into: &mut BTreeSet<SmolStr>) {
    into.extend(node.and_then(Node::as_sequence).unwrap_or_default().iter().filter_map(source));
}

fn source(mount: &Node) -> Option<SmolStr> {
    mount.get("source").and_then(Node::as_str).filter(|source| !source.is_empty()).map(SmolStr::from)
}
