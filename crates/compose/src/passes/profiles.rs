//! Profiles → which services are on.

use windlass_yaml::{Map, Node};

/// Takes services out whose profiles are all off, and returns them.
pub(crate) fn select(tree: &mut Node, enabled: &[String]) -> Map {
    let mut off = Map::new();
    if enabled.iter().any(|profile| profile == "*") {
        return off;
    }
    let Some(services) = tree.get_mut("services").and_then(Node::as_map_mut) else { return off };
    services.retain(|key, service| {
        let profiles = service.get("profiles").and_then(Node::as_sequence).unwrap_or_default();
        let on = profiles.is_empty() || profiles.iter().any(|profile| enabled.iter().any(|enabled| profile.as_str() == Some(enabled)));
        if !on {
            off.insert(key.clone(), std::mem::take(service));
        }
        on
    });
    off
}
