//! docker compose's hash of a service: of its JSON, without what a new container is not needed for.

use sha2::{Digest as _, Sha256};
use windlass_yaml::Node;

use super::shape::Form;
use super::{json, value};

/// The hash of a canonical service.
pub(crate) fn service(service: &Node) -> String {
    let mut service = service.clone();
    if let Some(map) = service.as_map_mut() {
        for key in ["build", "pull_policy", "scale", "depends_on", "profiles"] {
            map.remove(key);
        }
        if let Some(deploy) = map.get_mut("deploy").and_then(Node::as_map_mut) {
            deploy.remove("replicas");
        }
    }
    let text = json::compact(&value::service(&service, Form::Json));
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
