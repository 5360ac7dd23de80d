//! deploy.placement → node affinity and spread.

use k8s_openapi::api::core::v1::NodeSelectorRequirement;
use windlass_compose::model::Placement;
use windlass_k8s::name::metadata_key;
use windlass_source::Spanned;

use crate::attributes::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

pub(super) fn placement(placement: &Spanned<Placement>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Placement { constraints, preferences, max_replicas_per_node, extensions } = &placement.value;
    let path = sink.at("deploy.placement");
    if !constraints.is_empty() {
        let mut left_out = Vec::new();
        let before = sink.draft.pod.node_requirements.len();
        for constraint in constraints {
            match requirement(constraint) {
                Some(requirement) => sink.draft.pod.node_requirements.push(requirement),
                None => left_out.push(format!("`{}`", constraint.value)),
            }
        }
        let field = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions";
        let is_placed = sink.draft.pod.node_requirements.len() > before;
        let place = Place::pod(service.index, field);
        let path = path.key("constraints");
        match (is_placed, left_out.is_empty()) {
            (true, true) => sink.fates.mapped_with(path, [place], "nodes of the cluster need these labels (`kubectl label node`)"),
            (true, false) => sink.fates.approximated(path, [place], format!("without {}", left_out.join(", "))),
            (false, _) => {
                sink.fates.lost(path, format!("no counterpart for {}; label nodes and constrain by `node.labels.…`", left_out.join(", ")))
            }
        }
    }
    for (index, preference) in preferences.iter().enumerate() {
        let path = path.key("preferences").index(index);
        match preference.spread.as_ref().and_then(|spread| node_label(spread)) {
            Some(label) => {
                sink.draft.pod.spread_over.push(label);
                if plan.is_tied_to_one_node(service) {
                    sink.fates.lost(path, "a volume that one node at a time can mount keeps the pods together");
                } else if plan.is_spread(service) {
                    sink.fates.mapped(path, [Place::pod(service.index, "topologySpreadConstraints")]);
                } else {
                    sink.fates.mapped_with(path, [], "there is nothing to spread");
                }
            }
            None => sink.fates.lost(path, "no counterpart; spread over `node.labels.…`"),
        }
    }
    if max_replicas_per_node.is_some() {
        sink.fates.lost(
            path.key("max_replicas_per_node"),
            "pods are spread over nodes as evenly as possible; a required anti-affinity allows one a node",
        );
    }
    for extension in extensions {
        sink.fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}

/// `node.labels.disk == ssd` as a requirement on a node's labels.
fn requirement(constraint: &str) -> Option<NodeSelectorRequirement> {
    let (key, operator, value) = match constraint.split_once("!=") {
        Some((key, value)) => (key, "NotIn", value),
        None => constraint.split_once("==").map(|(key, value)| (key, "In", value))?,
    };
    let (key, value) = (key.trim(), value.trim());
    let requirement = |key: &str, operator: &str, values: Option<Vec<String>>| NodeSelectorRequirement {
        key: key.to_owned(),
        operator: operator.to_owned(),
        values,
    };
    if key == "node.role" {
        let is_manager = (value == "manager") == (operator == "In");
        return Some(requirement("node-role.kubernetes.io/control-plane", if is_manager { "Exists" } else { "DoesNotExist" }, None));
    }
    let value = match (key, value) {
        ("node.platform.arch", "x86_64") => "amd64",
        ("node.platform.arch", "aarch64") => "arm64",
        (_, value) => value,
    };
    Some(requirement(&node_label(key)?, operator, Some(vec![windlass_k8s::name::label_value(value).to_string()])))
}

/// The label of nodes that holds what a Swarm calls `node.…`.
fn node_label(key: &str) -> Option<String> {
    match key {
        "node.hostname" => Some("kubernetes.io/hostname".to_owned()),
        "node.platform.os" | "engine.labels.operatingsystem" => Some("kubernetes.io/os".to_owned()),
        "node.platform.arch" => Some("kubernetes.io/arch".to_owned()),
        _ => {
            let label = key.strip_prefix("node.labels.").or_else(|| key.strip_prefix("engine.labels."))?;
            metadata_key(label).map(|key| key.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_requirements_on_labels() {
        let check = |constraint: &str, expected: Option<(&str, &str, &[&str])>| {
            let found = requirement(constraint);
            let found = found.as_ref().map(|found| (found.key.as_str(), found.operator.as_str(), found.values.clone().unwrap_or_default()));
            assert_eq!(
                found,
                expected.map(|(key, operator, values)| (key, operator, values.iter().map(ToString::to_string).collect())),
                "{constraint}"
            );
        };
        check("node.labels.disk == ssd", Some(("disk", "In", &["ssd"])));
        check("node.labels.disk!=ssd", Some(("disk", "NotIn", &["ssd"])));
        check("node.role == manager", Some(("node-role.kubernetes.io/control-plane", "Exists", &[])));
        check("node.role != manager", Some(("node-role.kubernetes.io/control-plane", "DoesNotExist", &[])));
        check("node.role == worker", Some(("node-role.kubernetes.io/control-plane", "DoesNotExist", &[])));
        check("node.platform.arch == x86_64", Some(("kubernetes.io/arch", "In", &["amd64"])));
        check("node.id == 2ivku8v2gvtg4", None);
        check("anything", None);
    }
}
