//! Amounts that containers and pods ask for.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::format;
use crate::quantity::Amount;
use crate::view::{Fields as _, quantity};

/// `resources` of a container.
pub(super) fn container<'a>(resources: &'a Node, findings: &mut Findings<'a>) {
    check(resources, true, findings);
}

/// `resources` of a whole pod.
pub(super) fn pod<'a>(resources: &'a Node, findings: &mut Findings<'a>) {
    for list in ["limits", "requests"] {
        for (key, _) in resources.entries(list) {
            let is_supported = matches!(key.as_str(), "cpu" | "memory") || key.name().starts_with("hugepages-");
            if let Some(map) = resources.field(list).filter(|_| !is_supported) {
                let place = Place::entry(map, key.name());
                findings.invalid_value(303, place, format_args!("{:?}", key.as_str()), "must be a standard resource for pods");
            }
        }
    }
    if !resources.items("claims").is_empty() {
        findings.forbidden(306, Place::field(resources, "claims"), "claims must not be set in Pod resources");
    }
    check(resources, false, findings);
}

fn check<'a>(resources: &'a Node, of_container: bool, findings: &mut Findings<'a>) {
    for list in ["limits", "requests"] {
        let Some(map) = resources.field(list) else { continue };
        for (key, value) in resources.entries(list) {
            if of_container {
                container_resource(map, key.name(), findings);
            }
            amount(map, key.name(), value, findings);
        }
    }
    let Some(requests) = resources.field("requests") else { return };
    for (key, value) in resources.entries("requests") {
        let parse = |node: &Node| quantity(node).and_then(|text| Amount::parse(&text));
        let Some(limit) = resources.at(&["limits"]).and_then(|limits| limits.field(key.name())) else { continue };
        let (Some(asked), Some(most)) = (parse(value), parse(limit)) else { continue };
        let is_counted = key.name().contains('/') || key.name().starts_with("hugepages-");
        let shown = quantity(limit).unwrap_or_default();
        let place = || Place::from(requests).shown_at(value);
        let asked_for = quantity(value).unwrap_or_default();
        if is_counted && asked != most {
            findings.invalid_value(
                64,
                place(),
                format_args!("{asked_for:?}"),
                &format!("must be equal to {} limit of {shown}", key.name()),
            );
        } else if asked > most {
            findings.invalid_value(
                64,
                place(),
                format_args!("{asked_for:?}"),
                &format!("must be less than or equal to {} limit of {shown}", key.name()),
            );
        }
    }
}

/// What a container can ask for: what Kubernetes counts itself, or a name with a domain.
pub(super) fn container_resource<'a>(map: &'a Node, key: &str, findings: &mut Findings<'a>) {
    if matches!(key, "cpu" | "memory" | "ephemeral-storage") {
        return;
    }
    let place = || Place::entry(map, key);
    for message in format::qualified_name(key) {
        findings.invalid_value(67, place(), format_args!("{key:?}"), &message);
    }
    if key.contains('/') || key.starts_with("hugepages-") {
        return;
    }
    const STANDARD: [&str; 5] = ["storage", "pods", "services", "secrets", "configmaps"];
    if !STANDARD.contains(&key) {
        findings.invalid_value(67, place(), format_args!("{key:?}"), "must be a standard resource type or fully qualified");
    }
    findings.invalid_value(67, place(), format_args!("{key:?}"), "must be a standard resource for containers");
}

/// One amount: not negative, whole where it is counted.
pub(super) fn amount<'a>(map: &'a Node, key: &str, value: &'a Node, findings: &mut Findings<'a>) {
    let Some(text) = quantity(value) else { return };
    let Some(amount) = Amount::parse(&text) else { return };
    let place = || Place::entry(map, key);
    if amount < Amount::default() {
        findings.invalid_value(68, place(), format_args!("{text:?}"), "must be greater than or equal to 0");
    }
    let is_whole = Amount::whole(amount.ceil()) == amount;
    if is_whole {
        return;
    }
    if key.contains('/') {
        findings.invalid_value(67, place(), format_args!("{text:?}"), "must be an integer");
    } else if matches!(key, "memory" | "ephemeral-storage") || key.starts_with("hugepages-") {
        findings.warn(66, place(), &format!("fractional byte value {text:?} is invalid, must be an integer"));
    }
}
