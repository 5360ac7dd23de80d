//! Deployments, StatefulSets, DaemonSets, ReplicaSets: how many pods, which, and how they are replaced.

use windlass_yaml::Node;

use super::findings::{Findings, Place, show};
use super::pod::{self, Owner};
use super::{format, metadata, selector, storage};
use crate::view::{Fields as _, int, text};

const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for \
                       validation is '[0-9]+%')";

pub(super) fn deployment<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = spec(root);
    template_with_selector(root, spec, "deployment", Owner::Deployment, findings);
    for name in ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        findings.not_negative(87, spec, name);
    }
    let min_ready = spec.int("minReadySeconds").unwrap_or(0);
    let deadline = spec.int("progressDeadlineSeconds");
    // Absent, it is 600.
    if deadline.unwrap_or(600) <= min_ready {
        let place = Place::at(root, &["spec", "progressDeadlineSeconds"]);
        findings.invalid_value(86, place, deadline.unwrap_or(600), "must be greater than minReadySeconds");
    }
    let Some(strategy) = spec.field("strategy") else { return };
    match strategy.text("type").unwrap_or_default() {
        "Recreate" => {
            if let Some(rolling) = strategy.field("rollingUpdate") {
                findings.forbidden(84, rolling, "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "" | "RollingUpdate" => rolling_update(strategy, ["25%", "25%"], findings),
        // Here the server names the strategy, not its type.
        kind => findings.unsupported_value(303, Place::from(strategy), kind, "\"Recreate\", \"RollingUpdate\""),
    }
}

/// `rollingUpdate` of a Deployment; what is absent has the defaults of `maxUnavailable` and `maxSurge`.
fn rolling_update<'a>(strategy: &'a Node, defaults: [&str; 2], findings: &mut Findings<'a>) {
    let Some(rolling) = strategy.field("rollingUpdate") else { return };
    int_or_percent(rolling, "maxUnavailable", findings);
    int_or_percent(rolling, "maxSurge", findings);
    at_most_all(rolling, "maxUnavailable", findings);
    let is_zero = |name: &str, default: &str| rolling.field(name).map_or(default == "0", |node| amount(node) == Some(0));
    if is_zero("maxUnavailable", defaults[0]) && is_zero("maxSurge", defaults[1]) {
        findings.invalid(85, Place::field(rolling, "maxUnavailable"), "may not be 0 when `maxSurge` is 0");
    }
}

/// A number of at least 0, or a percentage.
pub(super) fn int_or_percent<'a>(node: &'a Node, name: &str, findings: &mut Findings<'a>) {
    let Some(value) = node.field(name) else { return };
    match text(value) {
        Some(text) if percent(text).is_none() => findings.invalid(305, value, PERCENT),
        Some(_) => {}
        None => findings.not_negative(87, node, name),
    }
}

/// Not above 100 %.
pub(super) fn at_most_all<'a>(node: &'a Node, name: &str, findings: &mut Findings<'a>) {
    if let Some(value) = node.field(name)
        && text(value).and_then(percent).is_some_and(|percent| percent > 100)
    {
        findings.invalid(117, value, "must not be greater than 100%");
    }
}

fn percent(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('%').filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// The number, or that of the percentage.
fn amount(node: &Node) -> Option<i64> {
    int(node).or_else(|| i64::try_from(percent(text(node)?)?).ok())
}

pub(super) fn stateful_set<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = spec(root);
    template_with_selector(root, spec, "statefulset", Owner::StatefulSet, findings);
    for name in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
        findings.not_negative(87, spec, name);
    }
    if spec.text("podManagementPolicy").is_some_and(|policy| !matches!(policy, "" | "OrderedReady" | "Parallel")) {
        findings.invalid(49, Place::field(spec, "podManagementPolicy"), "must be 'OrderedReady' or 'Parallel'");
    }
    if let Some(strategy) = spec.field("updateStrategy") {
        match strategy.text("type").unwrap_or_default() {
            "OnDelete" => {
                if let Some(rolling) = strategy.field("rollingUpdate") {
                    findings.invalid(306, rolling, "only allowed for updateStrategy 'RollingUpdate'");
                }
            }
            "" | "RollingUpdate" => {
                if let Some(rolling) = strategy.field("rollingUpdate") {
                    findings.not_negative(87, rolling, "partition");
                    int_or_percent(rolling, "maxUnavailable", findings);
                    at_most_all(rolling, "maxUnavailable", findings);
                    if rolling.field("maxUnavailable").is_some_and(|node| amount(node) == Some(0)) {
                        findings.invalid(85, Place::field(rolling, "maxUnavailable"), "cannot be 0");
                    }
                }
            }
            _ => findings.invalid(303, Place::field(strategy, "type"), "must be 'RollingUpdate' or 'OnDelete'"),
        }
    }
    if let Some(policy) = spec.field("persistentVolumeClaimRetentionPolicy") {
        for name in ["whenDeleted", "whenScaled"] {
            findings.one_of(303, policy, name, &["Delete", "Retain"]);
        }
    }
    for claim in spec.items("volumeClaimTemplates") {
        storage::claim_spec(claim, findings);
    }
    if let Some(ordinals) = spec.field("ordinals") {
        findings.not_negative(87, ordinals, "start");
    }
    findings.text(304, spec, "serviceName", |text| if text.is_empty() { Vec::new() } else { format::subdomain(text) });
}

pub(super) fn daemon_set<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = spec(root);
    template_with_selector(root, spec, "daemonset", Owner::DaemonSet, findings);
    for name in ["minReadySeconds", "revisionHistoryLimit"] {
        findings.not_negative(87, spec, name);
    }
    let Some(strategy) = spec.field("updateStrategy") else { return };
    match strategy.text("type").unwrap_or_default() {
        "OnDelete" => {}
        "" | "RollingUpdate" => {
            let Some(rolling) = strategy.field("rollingUpdate") else { return };
            int_or_percent(rolling, "maxUnavailable", findings);
            int_or_percent(rolling, "maxSurge", findings);
            at_most_all(rolling, "maxUnavailable", findings);
            at_most_all(rolling, "maxSurge", findings);
            let value = |name: &str, default: i64| rolling.field(name).map_or(Some(default), amount);
            match (value("maxUnavailable", 1), value("maxSurge", 0)) {
                (Some(0), Some(0)) => findings.required(85, Place::field(rolling, "maxUnavailable"), "cannot be 0 when maxSurge is 0"),
                (Some(unavailable), Some(surge)) if unavailable != 0 && surge != 0 => {
                    findings.invalid(85, Place::field(rolling, "maxSurge"), "may not be set when maxUnavailable is non-zero");
                }
                _ => {}
            }
        }
        _ => findings.unsupported(303, Place::field(strategy, "type"), &["OnDelete", "RollingUpdate"]),
    }
}

pub(super) fn replica_set<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = spec(root);
    template_with_selector(root, spec, "replicaset", Owner::ReplicaSet, findings);
    for name in ["replicas", "minReadySeconds"] {
        findings.not_negative(87, spec, name);
    }
}

pub(super) fn replication_controller<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = spec(root);
    for name in ["replicas", "minReadySeconds"] {
        findings.not_negative(87, spec, name);
    }
    let Some(template) = spec.field("template") else { return findings.required(301, Place::at(root, &["spec", "template"]), "") };
    let labels = template.at(&["metadata", "labels"]);
    let selected: Vec<_> = spec.entries("selector").collect();
    // Absent, the selector is the template's labels.
    if selected.is_empty() && labels.and_then(Node::as_map).is_none_or(windlass_yaml::Map::is_empty) {
        findings.required(10, Place::at(root, &["spec", "selector"]), "");
    } else if selected.iter().any(|(key, value)| labels.and_then(|labels| labels.text(key.name())) != text(value)) {
        mismatch(Place::at(template, &["metadata", "labels"]), labels, findings);
    }
    pod::check_template(template, Owner::ReplicaSet, findings);
}

pub(super) fn pod_template<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    match root.field("template") {
        Some(template) => pod::check_template(template, Owner::Template, findings),
        None => findings.required(11, Place::at(root, &["template", "spec", "containers"]), ""),
    }
}

fn spec(root: &Node) -> &Node {
    // Without a `spec` every field of it is missing, and the object itself stands for it.
    root.field("spec").unwrap_or(root)
}

/// The selector, the template, and that the one matches the other.
fn template_with_selector<'a>(root: &'a Node, spec: &'a Node, kind: &str, owner: Owner, findings: &mut Findings<'a>) {
    let selector = root.at(&["spec", "selector"]);
    match selector {
        None => findings.required(10, Place::at(root, &["spec", "selector"]), ""),
        Some(selector) => {
            selector::check(selector, findings);
            if selector::is_empty(selector) {
                findings.invalid(10, selector, &format!("empty selector is invalid for {kind}"));
            }
        }
    }
    let Some(template) = root.at(&["spec", "template"]) else {
        if !selector.is_some_and(|selector| selector::is_empty(selector) || selector::matches(selector, None)) {
            mismatch(Place::at(root, &["spec", "template", "metadata", "labels"]), None, findings);
        }
        findings.required(11, Place::at(root, &["spec", "template", "spec", "containers"]), "");
        return;
    };
    let labels = template.at(&["metadata", "labels"]);
    if !selector.is_some_and(|selector| selector::is_empty(selector) || selector::matches(selector, labels)) {
        mismatch(Place::at(template, &["metadata", "labels"]), labels, findings);
    }
    let claims = if owner == Owner::StatefulSet { spec.items("volumeClaimTemplates") } else { &[] };
    pod::check_template_with_claims(template, claims, owner, findings);
    metadata::of_template(template, findings);
}

fn mismatch<'a>(place: Place<'a>, labels: Option<&'a Node>, findings: &mut Findings<'a>) {
    let labels = labels.map_or_else(|| "null".to_owned(), show);
    findings.invalid_value(30, place, labels, "`selector` does not match template `labels`");
}
