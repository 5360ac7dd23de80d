//! ResourceQuotas and LimitRanges.

use std::collections::BTreeSet;

use smol_str::SmolStr;
use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{format, resources};
use crate::quantity::Amount;
use crate::view::{Fields as _, quantity, text};

/// What a quota counts, beside names with a domain and `count/…`.
const COUNTED: [&str; 18] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
];

pub(super) fn resource_quota<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let Some(spec) = root.field("spec") else { return };
    if let Some(hard) = spec.field("hard") {
        for (key, value) in spec.entries("hard") {
            let known = COUNTED.contains(&key.as_str()) || key.name() == "services.loadbalancers" || is_huge(key.name());
            let place = || Place::entry(hard, key.name());
            for message in format::qualified_name(key.name()) {
                findings.invalid_value(67, place(), format_args!("{:?}", key.as_str()), &message);
            }
            if !known && !key.name().contains('/') {
                let detail = "must be a standard resource for quota";
                findings.invalid_value(67, place(), format_args!("{:?}", key.as_str()), detail);
            }
            resources::amount(hard, key.name(), value, findings);
            let is_count = key.name().contains('/')
                || (known && !key.name().contains("cpu") && !key.name().contains("memory") && !key.name().contains("storage"));
            if is_count && is_fraction(value) {
                findings.invalid_value(67, place(), format_args!("{:?}", quantity(value).unwrap_or_default()), "must be an integer");
            }
        }
    }
    const SCOPES: [&str; 7] = [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
    ];
    for scope in spec.items("scopes") {
        if !text(scope).is_some_and(|scope| SCOPES.contains(&scope)) {
            findings.invalid(303, Place::field(spec, "scopes").shown_at(scope), "unsupported scope");
        }
    }
}

fn is_huge(name: &str) -> bool {
    name.trim_start_matches("requests.").trim_start_matches("limits.").starts_with("hugepages-")
}

fn is_fraction(value: &Node) -> bool {
    quantity(value).and_then(|text| Amount::parse(&text)).is_some_and(|amount| Amount::whole(amount.ceil()) != amount)
}

/// The five maps of a limit.
const MAPS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

pub(super) fn limit_range<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let Some(spec) = root.field("spec") else { return };
    let mut types = BTreeSet::new();
    for limit in spec.items("limits") {
        let kind = limit.text("type").unwrap_or_default();
        if !kind.is_empty() && !types.insert(kind) {
            findings.duplicate(307, Place::field(limit, "type"));
        }
        if kind.is_empty() || (!matches!(kind, "Container" | "Pod" | "PersistentVolumeClaim") && !kind.contains('/')) {
            let detail = "must be a standard limit type or fully qualified";
            findings.invalid(303, Place::field(limit, "type"), detail);
        }
        if kind == "Pod" {
            for name in ["default", "defaultRequest"] {
                if let Some(map) = limit.field(name).filter(|map| map.as_map().is_some_and(|map| !map.is_empty())) {
                    findings.forbidden(306, map, "may not be specified when `type` is 'Pod'");
                }
            }
        }
        if kind == "PersistentVolumeClaim" {
            let has = |name: &str| limit.field(name).is_some_and(|map| map.field("storage").is_some());
            if !has("min") && !has("max") {
                findings.required(
                    301,
                    Place::field(limit, "limits"),
                    "either minimum or maximum storage value is required, but neither was provided",
                );
            }
        }
        for map in MAPS.into_iter().filter(|_| kind == "Container") {
            let Some(node) = limit.field(map) else { continue };
            for (key, _) in limit.entries(map) {
                resources::container_resource(node, key.name(), findings);
            }
        }
        let keys: BTreeSet<SmolStr> = MAPS.iter().flat_map(|map| limit.entries(map)).map(|(key, _)| key.name().clone()).collect();
        for key in keys {
            amounts(limit, kind, &key, findings);
        }
    }
}

/// That the amounts of one resource are in order.
fn amounts<'a>(limit: &'a Node, kind: &str, key: &str, findings: &mut Findings<'a>) {
    let written = |map: &str| limit.field(map).and_then(|map| quantity(map.field(key)?));
    // A container's limits have defaults: the default is the maximum, the default request the default, or else the minimum.
    let (max, min) = (written("max"), written("min"));
    let is_container = kind == "Container";
    let default = written("default").or_else(|| max.clone().filter(|_| is_container));
    let request = written("defaultRequest").or_else(|| default.clone().or_else(|| min.clone()).filter(|_| is_container));
    let ratio = written("maxLimitRequestRatio");
    let amount = |text: &Option<SmolStr>| text.as_deref().and_then(Amount::parse);
    let place = |map: &str| match limit.field(map) {
        Some(map) => Place::entry(map, key),
        None => Place::from(limit).then(&format!(".{map}[{key}]")),
    };
    let above = |left: &Option<SmolStr>, right: &Option<SmolStr>| amount(left).zip(amount(right)).is_some_and(|(left, right)| left > right);
    let mut complain = |map: &str, value: &Option<SmolStr>, what: &str, relation: &str, other: &Option<SmolStr>| {
        let (value, other) = (value.as_deref().unwrap_or_default(), other.as_deref().unwrap_or_default());
        let detail = format!("{what} value {value} is {relation} value {other}");
        // The server shows the maximum where it speaks of the default.
        let shown = if map == "default" && what == "default" { other } else { value };
        findings.invalid_value(138, place(map), format_args!("{shown:?}"), &detail);
    };
    if above(&min, &max) {
        complain("min", &min, "min", "greater than max", &max);
    }
    if above(&min, &request) {
        complain("defaultRequest", &min, "min", "greater than default request", &request);
    }
    if above(&request, &max) {
        complain("defaultRequest", &request, "default request", "greater than max", &max);
    }
    if above(&request, &default) {
        complain("defaultRequest", &request, "default request", "greater than default limit", &default);
    }
    if above(&min, &default) {
        complain("default", &min, "min", "greater than default", &default);
    }
    if above(&default, &max) {
        complain("default", &default, "default", "greater than max", &max);
    }
    if amount(&ratio).is_some_and(|ratio| ratio < Amount::whole(1)) {
        let value = ratio.as_deref().unwrap_or_default();
        let detail = format!("ratio {value} is less than 1");
        findings.invalid_value(138, place("maxLimitRequestRatio"), format_args!("{value:?}"), &detail);
    }
}
