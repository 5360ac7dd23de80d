//! Where pods run: affinity, tolerations, spread, and the classes that decide who runs first.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{format, metadata, selector};
use crate::view::Fields as _;

/// The scheduling fields of a pod.
pub(super) fn check<'a>(spec: &'a Node, findings: &mut Findings<'a>) {
    metadata::labels(spec, "nodeSelector", findings);
    for toleration in spec.items("tolerations") {
        tolerate(toleration, findings);
    }
    spread(spec.items("topologySpreadConstraints"), findings);
    for gate in spec.items("schedulingGates") {
        let name = gate.text("name").unwrap_or_default();
        findings.all(304, || Place::field(gate, "name"), format::qualified_name(name));
    }
    let Some(affinity) = spec.field("affinity") else { return };
    if let Some(node) = affinity.field("nodeAffinity") {
        node_affinity(node, findings);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = affinity.field(kind) else { continue };
        for term in pods.items("requiredDuringSchedulingIgnoredDuringExecution") {
            pod_term(term, findings);
        }
        for preferred in pods.items("preferredDuringSchedulingIgnoredDuringExecution") {
            weight(preferred, findings);
            match preferred.field("podAffinityTerm") {
                Some(term) => pod_term(term, findings),
                None => topology_key(Place::at(preferred, &["podAffinityTerm", "topologyKey"]), "", findings),
            }
        }
    }
}

fn weight<'a>(preferred: &'a Node, findings: &mut Findings<'a>) {
    let weight = preferred.int("weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        findings.invalid_value(302, Place::field(preferred, "weight"), weight, "must be in the range 1-100");
    }
}

fn node_affinity<'a>(affinity: &'a Node, findings: &mut Findings<'a>) {
    if let Some(required) = affinity.field("requiredDuringSchedulingIgnoredDuringExecution") {
        node_selector(required, findings);
    }
    for preferred in affinity.items("preferredDuringSchedulingIgnoredDuringExecution") {
        weight(preferred, findings);
        if let Some(term) = preferred.field("preference") {
            node_term(term, findings);
        }
    }
}

/// A selector of nodes: at least one term.
pub(super) fn node_selector<'a>(selector: &'a Node, findings: &mut Findings<'a>) {
    let terms = selector.items("nodeSelectorTerms");
    if terms.is_empty() {
        findings.required(301, Place::field(selector, "nodeSelectorTerms"), "must have at least one node selector term");
    }
    for term in terms {
        node_term(term, findings);
    }
}

fn node_term<'a>(term: &'a Node, findings: &mut Findings<'a>) {
    for expression in term.items("matchExpressions") {
        let values = expression.items("values");
        let place = || Place::field(expression, "values");
        match expression.text("operator").unwrap_or_default() {
            "In" | "NotIn" if values.is_empty() => {
                findings.required(301, place(), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                findings.forbidden(306, place(), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if values.len() != 1 => {
                findings.required(301, place(), "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => findings.invalid(303, Place::field(expression, "operator"), "not a valid selector operator"),
        }
        let key = expression.text("key").unwrap_or_default();
        findings.all(29, || Place::field(expression, "key"), format::qualified_name(key));
        for value in values {
            findings.item(27, value, format::label_value);
        }
    }
    for field in term.items("matchFields") {
        match (field.text("operator").unwrap_or_default(), field.items("values").len()) {
            ("In" | "NotIn", 1) => {}
            ("In" | "NotIn", _) => findings.required(
                301,
                Place::field(field, "values"),
                "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            ),
            _ => findings.invalid(303, Place::field(field, "operator"), "not a valid selector operator"),
        }
        if field.text("key") != Some("metadata.name") {
            findings.invalid(303, Place::field(field, "key"), "not a valid field selector key");
        }
    }
}

fn pod_term<'a>(term: &'a Node, findings: &mut Findings<'a>) {
    for name in ["labelSelector", "namespaceSelector"] {
        if let Some(selector) = term.field(name) {
            selector::check(selector, findings);
        }
    }
    for namespace in term.items("namespaces") {
        findings.item(304, namespace, format::label);
    }
    topology_key(Place::field(term, "topologyKey"), term.text("topologyKey").unwrap_or_default(), findings);
}

fn topology_key<'a>(place: Place<'a>, key: &str, findings: &mut Findings<'a>) {
    if key.is_empty() {
        findings.required(107, place.clone(), "can not be empty");
    }
    for message in format::qualified_name(key) {
        findings.invalid_value(107, place.clone(), format_args!("{key:?}"), &message);
    }
}

fn tolerate<'a>(toleration: &'a Node, findings: &mut Findings<'a>) {
    let key = toleration.text("key").unwrap_or_default();
    let operator = toleration.text("operator").unwrap_or_default();
    let effect = toleration.text("effect").unwrap_or_default();
    let value = toleration.text("value").unwrap_or_default();
    let place = |name: &str| Place::field(toleration, name);
    if key.is_empty() {
        if operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            findings.invalid(109, place("operator"), detail);
        }
    } else {
        findings.all(29, || place("key"), format::qualified_name(key));
    }
    if toleration.field("tolerationSeconds").is_some() && effect != "NoExecute" {
        findings.invalid(109, place("effect"), "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    match operator {
        "" | "Equal" => {
            for message in format::label_value(value) {
                // The server speaks of the operator, and names the value.
                findings.invalid_value(27, place("operator").shown_at(toleration), format_args!("{value:?}"), &message);
            }
        }
        "Exists" => {
            if !value.is_empty() {
                findings.invalid_value(
                    109,
                    place("operator"),
                    format_args!("{value:?}"),
                    "value must be empty when `operator` is 'Exists'",
                );
            }
        }
        _ => findings.unsupported(303, place("operator"), &["Equal", "Exists"]),
    }
    findings.one_of(303, toleration, "effect", &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
}

fn spread<'a>(constraints: &'a [Node], findings: &mut Findings<'a>) {
    let mut pairs = Vec::new();
    for constraint in constraints {
        let skew = constraint.int("maxSkew").unwrap_or(0);
        if skew <= 0 {
            findings.invalid_value(108, Place::field(constraint, "maxSkew"), skew, "must be greater than zero");
        }
        let key = constraint.text("topologyKey").unwrap_or_default();
        if key.is_empty() {
            findings.required(107, Place::field(constraint, "topologyKey"), "can not be empty");
        }
        let action = constraint.text("whenUnsatisfiable").unwrap_or_default();
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            findings.unsupported(303, Place::field(constraint, "whenUnsatisfiable"), &["DoNotSchedule", "ScheduleAnyway"]);
        }
        if pairs.contains(&(key, action)) {
            let value = format!("{{{key}, {action}}}");
            findings.duplicate_value(307, Place::from(constraint).then(".{topologyKey, whenUnsatisfiable}"), &value);
        }
        pairs.push((key, action));
        if let Some(domains) = constraint.int("minDomains") {
            if domains <= 0 {
                findings.invalid(302, Place::field(constraint, "minDomains"), "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let detail = "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ";
                findings.invalid(306, Place::field(constraint, "minDomains"), &format!("{detail}{action}"));
            }
        }
        for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            findings.one_of(303, constraint, name, &["Honor", "Ignore"]);
        }
        if let Some(selector) = constraint.field("labelSelector") {
            selector::check(selector, findings);
        }
    }
}

pub(super) fn priority_class<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    const HIGHEST: i64 = 1_000_000_000;
    if root.int("value").is_some_and(|value| value > HIGHEST) {
        findings.forbidden(302, Place::field(root, "value"), &format!("maximum allowed value of a user defined priority is {HIGHEST}"));
    }
    if root.at(&["metadata"]).and_then(|metadata| metadata.text("name")).is_some_and(|name| name.starts_with("system-")) {
        let place = Place::at(root, &["metadata", "name"]);
        findings.forbidden(23, place, "priority class names with 'system-' prefix are reserved for system use only");
    }
    if root.text("preemptionPolicy") == Some("") {
        findings.required(301, Place::field(root, "preemptionPolicy"), "");
    }
    findings.one_of(303, root, "preemptionPolicy", &["Never", "PreemptLowerPriority"]);
}

pub(super) fn runtime_class<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let handler = root.text("handler").unwrap_or_default();
    findings.all(304, || Place::field(root, "handler"), format::label(handler));
}
