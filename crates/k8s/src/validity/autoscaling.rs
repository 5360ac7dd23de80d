//! HorizontalPodAutoscalers.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{rbac, selector};
use crate::quantity::Amount;
use crate::view::{Fields as _, quantity};

pub(super) fn check<'a>(root: &'a Node, api_version: &str, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    if spec.int("minReplicas").is_some_and(|replicas| replicas < 1) {
        findings.invalid(113, Place::field(spec, "minReplicas"), "must be greater than or equal to 1");
    }
    let max = spec.int("maxReplicas").unwrap_or(0);
    if max < 1 {
        findings.required(114, Place::at(root, &["spec", "maxReplicas"]), "must be set and greater than 0");
    }
    if max < spec.int("minReplicas").unwrap_or(1) {
        findings.invalid_value(113, Place::at(root, &["spec", "maxReplicas"]), max, "must be greater than or equal to `minReplicas`");
    }
    match spec.field("scaleTargetRef") {
        Some(target) => {
            reference(target, findings);
            let (api_version, kind) = (target.text("apiVersion").unwrap_or_default(), target.text("kind").unwrap_or_default());
            // Of the core, only this one scales.
            let is_core = matches!((api_version, kind), ("v1", "ReplicationController"));
            if findings.version.minor() >= 36 && !is_core && !api_version.contains('/') {
                let place = Place::field(target, "apiVersion");
                findings.invalid_value(305, place, format_args!("{api_version:?}"), "apiVersion must specify API group");
            }
        }
        None => {
            for name in ["kind", "name"] {
                findings.required(301, Place::at(root, &["spec", "scaleTargetRef", name]), "");
            }
            if findings.version.minor() >= 36 {
                let place = Place::at(root, &["spec", "scaleTargetRef", "apiVersion"]);
                findings.invalid_value(305, place, "\"\"", "apiVersion must specify API group");
            }
        }
    }
    if api_version == "autoscaling/v1" {
        if spec.int("targetCPUUtilizationPercentage").is_some_and(|percent| percent < 1) {
            let place = Place::from(root).then("spec.metrics[0].resource.target.averageUtilization").shown_at(spec);
            findings.invalid_value(115, place, spec.int("targetCPUUtilizationPercentage").unwrap_or(0), "must be greater than 0");
        }
        return;
    }
    for metric in spec.items("metrics") {
        source(metric, findings);
    }
    if let Some(behavior) = spec.field("behavior") {
        for direction in ["scaleUp", "scaleDown"] {
            if let Some(rules) = behavior.field(direction) {
                scaling(rules, findings);
            }
        }
    }
}

fn reference<'a>(target: &'a Node, findings: &mut Findings<'a>) {
    for name in ["kind", "name"] {
        if findings.has_text(301, target, name, "") {
            findings.text(304, target, name, rbac::name);
        }
    }
}

/// Kinds of metrics with the field of each.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
    ("External", "external"),
];

fn source<'a>(metric: &'a Node, findings: &mut Findings<'a>) {
    let kind = metric.text("type").unwrap_or_default();
    if kind.is_empty() {
        findings.required(301, Place::field(metric, "type"), "must specify a metric source type");
    } else if !SOURCES.iter().any(|(known, _)| *known == kind) {
        let known = ["ContainerResource", "External", "Object", "Pods", "Resource"];
        findings.unsupported(303, Place::field(metric, "type"), &known);
    }
    let mut given = 0;
    for (of, field) in SOURCES {
        let Some(node) = metric.field(field) else { continue };
        given += 1;
        if given > 1 {
            findings.forbidden(306, node, "must populate the given metric source only");
            continue;
        }
        if !kind.is_empty() && of != kind {
            findings.invalid_value(306, node, "null", "must populate the given metric source only");
        }
        target_of(of, node, findings);
    }
    if given == 0
        && let Some((_, field)) = SOURCES.iter().find(|(known, _)| *known == kind)
    {
        findings.required(301, Place::field(metric, field), "must populate information for the given metric source");
    }
}

fn target_of<'a>(kind: &str, node: &'a Node, findings: &mut Findings<'a>) {
    match kind {
        "Resource" | "ContainerResource" => {
            findings.has_text(301, node, "name", "must specify a resource name");
            if kind == "ContainerResource" {
                findings.has_text(301, node, "container", "must specify a container");
            }
        }
        _ => match node.field("metric") {
            Some(metric) => {
                if findings.has_text(301, metric, "name", "must specify a metric name") {
                    findings.text(304, metric, "name", rbac::name);
                }
                if let Some(selector) = metric.field("selector") {
                    selector::check(selector, findings);
                }
            }
            None => findings.required(301, Place::at(node, &["metric", "name"]), "must specify a metric name"),
        },
    }
    if kind == "Object" {
        match node.field("describedObject") {
            Some(object) => reference(object, findings),
            None => findings.required(301, Place::at(node, &["describedObject", "name"]), ""),
        }
    }
    let Some(target) = node.field("target") else {
        findings.required(115, Place::at(node, &["target", "type"]), "must specify a metric target type");
        return;
    };
    match target.text("type").unwrap_or_default() {
        "" => findings.required(115, Place::field(target, "type"), "must specify a metric target type"),
        "Utilization" | "Value" | "AverageValue" => {}
        _ => findings.invalid(303, Place::field(target, "type"), "must be either Utilization, Value, or AverageValue"),
    }
    let value = target.field("value");
    let average = target.field("averageValue");
    let utilization = target.field("averageUtilization");
    let is_positive = |node: &Node| quantity(node).and_then(|text| Amount::parse(&text)).is_some_and(|amount| amount > Amount::default());
    for node in [value, average].into_iter().flatten() {
        if !is_positive(node) {
            findings.invalid(302, node, "must be positive");
        }
    }
    if target.int("averageUtilization").is_some_and(|percent| percent < 1)
        && let Some(node) = utilization
    {
        findings.invalid(302, node, "must be greater than 0");
    }
    match kind {
        "Resource" | "ContainerResource" => match (utilization, average) {
            (None, None) => {
                let detail = "must set either a target raw value or a target utilization";
                findings.required(115, Place::field(target, "averageUtilization"), detail);
            }
            (Some(_), Some(average)) => findings.forbidden(306, average, "may not set both a target raw value and a target utilization"),
            _ => {}
        },
        "Pods" => {
            if average.is_none() {
                findings.required(115, Place::field(target, "averageValue"), "must specify a positive target averageValue");
            }
        }
        "Object" => {
            if value.is_none() && average.is_none() {
                findings.required(115, Place::field(target, "averageValue"), "must set either a target value or averageValue");
            }
        }
        _ => match (value, average) {
            (None, None) => {
                findings.required(
                    115,
                    Place::field(target, "averageValue"),
                    "must set either a target value for metric or a per-pod target",
                );
            }
            (Some(value), Some(_)) => {
                findings.forbidden(306, value, "may not set both a target value for metric and a per-pod target");
            }
            _ => {}
        },
    }
}

fn scaling<'a>(rules: &'a Node, findings: &mut Findings<'a>) {
    const LONGEST_WINDOW: i64 = 3600;
    if let Some(window) = rules.int("stabilizationWindowSeconds") {
        let place = || Place::field(rules, "stabilizationWindowSeconds");
        if window < 0 {
            findings.invalid(302, place(), "must be greater than or equal to zero");
        } else if window > LONGEST_WINDOW {
            findings.invalid(302, place(), &format!("must be less than or equal to {LONGEST_WINDOW}"));
        }
    }
    findings.exactly_one_of(303, rules, "selectPolicy", &["Disabled", "Max", "Min"]);
    if rules.field("policies").is_some() && rules.items("policies").is_empty() {
        findings.required(301, Place::field(rules, "policies"), "must specify at least one Policy");
    }
    for policy in rules.items("policies") {
        if !matches!(policy.text("type"), Some("Pods" | "Percent")) {
            findings.unsupported(303, Place::field(policy, "type"), &["Percent", "Pods"]);
        }
        if policy.int("value").unwrap_or(0) <= 0 {
            findings.invalid_value(302, Place::field(policy, "value"), policy.int("value").unwrap_or(0), "must be greater than zero");
        }
        match policy.int("periodSeconds").unwrap_or(0) {
            ..=0 => findings.invalid_value(
                302,
                Place::field(policy, "periodSeconds"),
                policy.int("periodSeconds").unwrap_or(0),
                "must be greater than zero",
            ),
            1801.. => findings.invalid(302, Place::field(policy, "periodSeconds"), "must be less than or equal to 1800"),
            _ => {}
        }
    }
}
