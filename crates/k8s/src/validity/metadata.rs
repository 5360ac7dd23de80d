//! `metadata`: names, labels, annotations, owners.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::format;
use crate::view::{Fields as _, text};

/// All annotations of an object together, in bytes.
const ANNOTATIONS_LIMIT: usize = 256 << 10;

/// An object's metadata. `form` is that of its name.
pub(super) fn check<'a>(root: &'a Node, form: fn(&str) -> Vec<String>, is_namespaced: bool, findings: &mut Findings<'a>) {
    let (name, prefix) = (root.at(&["metadata", "name"]), root.at(&["metadata", "generateName"]));
    let text_of = |node: Option<&'a Node>| node.and_then(text).filter(|text| !text.is_empty());
    if let (Some(prefix), Some(node)) = (text_of(prefix), prefix) {
        // What the server adds is five letters and digits.
        findings.all(23, || node.into(), form(&format!("{}a", prefix.trim_end_matches('-'))));
    }
    match (text_of(name), name) {
        (Some(name), Some(node)) => findings.all(23, || node.into(), form(name)),
        // The server names a LimitRange itself.
        _ if text_of(prefix).is_none() && root.text("kind") != Some("LimitRange") => {
            findings.required(20, Place::at(root, &["metadata", "name"]), "name or generateName is required");
        }
        _ => {}
    }
    let Some(metadata) = root.field("metadata") else { return };
    if is_namespaced {
        findings.text(23, metadata, "namespace", |text| if text.is_empty() { Vec::new() } else { format::label(text) });
    }
    findings.not_negative(302, metadata, "generation");
    labels_and_annotations(metadata, findings);
    for owner in metadata.items("ownerReferences") {
        for (name, detail) in [("apiVersion", "version must not be empty"), ("kind", ""), ("name", ""), ("uid", "")] {
            findings.has_text(301, owner, name, detail);
        }
    }
    for finalizer in metadata.items("finalizers") {
        findings.item(304, finalizer, format::qualified_name);
    }
}

/// The labels by which a Namespace says what its pods may do (Kubernetes documentation, "Pod Security Admission").
pub(super) fn pod_security<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let Some(labels) = root.at(&["metadata", "labels"]) else { return };
    for mode in ["enforce", "audit", "warn"] {
        let level = format!("pod-security.kubernetes.io/{mode}");
        if let Some(value) = labels.text(&level).filter(|value| !matches!(*value, "privileged" | "baseline" | "restricted")) {
            let detail = "must be one of privileged, baseline, restricted";
            findings.invalid_value(303, Place::entry(labels, &level), format_args!("{value:?}"), detail);
        }
        let version = format!("{level}-version");
        let is_version = |text: &str| text == "latest" || text.strip_prefix("v1.").is_some_and(|minor| minor.parse::<u16>().is_ok());
        if let Some(value) = labels.text(&version).filter(|value| !is_version(value)) {
            findings.invalid_value(303, Place::entry(labels, &version), format_args!("{value:?}"), "must be \"latest\" or \"v1.x\"");
        }
    }
}

/// The metadata of a pod template. The server names its labels and annotations as if they stood in the template itself.
pub(super) fn of_template<'a>(template: &'a Node, findings: &mut Findings<'a>) {
    let Some(metadata) = template.field("metadata") else { return };
    let place = |name: &str, node: &'a Node| Place::from(template).then(&format!(".{name}")).shown_at(node);
    for (key, value) in metadata.entries("labels") {
        for message in format::qualified_name(key.name()) {
            findings.invalid_value(29, place("labels", value).shown(key.span), format_args!("{:?}", key.as_str()), &message);
        }
        for message in text(value).map(format::label_value).unwrap_or_default() {
            findings.invalid_value(27, place("labels", value), super::findings::show(value), &message);
        }
    }
    for (key, value) in metadata.entries("annotations") {
        for message in format::qualified_name(&key.name().to_ascii_lowercase()) {
            findings.invalid_value(29, place("annotations", value).shown(key.span), format_args!("{:?}", key.as_str()), &message);
        }
    }
}

/// The metadata of an object.
pub(super) fn labels_and_annotations<'a>(metadata: &'a Node, findings: &mut Findings<'a>) {
    labels(metadata, "labels", findings);
    let mut size = 0;
    for (key, value) in metadata.entries("annotations") {
        size += key.name().len() + text(value).map_or(0, str::len);
        key_is_qualified(metadata, "annotations", key, &key.name().to_ascii_lowercase(), findings);
    }
    if size > ANNOTATIONS_LIMIT {
        findings.too_long(129, Place::field(metadata, "annotations"), ANNOTATIONS_LIMIT);
    }
}

/// A map of labels. Its errors are those of the map, and name the key or value.
pub(super) fn labels<'a>(node: &'a Node, field: &str, findings: &mut Findings<'a>) {
    for (key, value) in node.entries(field) {
        key_is_qualified(node, field, key, key.name(), findings);
        let Some(text) = text(value) else { continue };
        for message in format::label_value(text) {
            findings.invalid_value(27, Place::field(node, field).shown_at(value), format_args!("{text:?}"), &message);
        }
    }
}

fn key_is_qualified<'a>(node: &'a Node, field: &str, key: &windlass_yaml::Key, name: &str, findings: &mut Findings<'a>) {
    for message in format::qualified_name(name) {
        let place = Place::field(node, field).shown(key.span);
        findings.invalid_value(29, place, format_args!("{name:?}"), &message);
    }
}
