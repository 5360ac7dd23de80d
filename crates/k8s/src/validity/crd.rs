//! CustomResourceDefinitions: names, versions, and that their schemas are structural. The objects that they describe are checked in
//! `custom`.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::format;
use crate::view::{Fields as _, text};

pub(super) fn check<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    let group = spec.text("group").unwrap_or_default();
    match group {
        "" => findings.required(301, Place::at(root, &["spec", "group"]), ""),
        group => {
            findings.all(304, || Place::field(spec, "group"), format::subdomain(group));
            if !group.contains('.') {
                findings.invalid(304, Place::field(spec, "group"), "should be a domain with at least one dot");
            }
        }
    }
    match spec.text("scope").unwrap_or_default() {
        "" => findings.required(301, Place::at(root, &["spec", "scope"]), ""),
        "Cluster" | "Namespaced" => {}
        _ => findings.unsupported(303, Place::field(spec, "scope"), &["Cluster", "Namespaced"]),
    }
    names(root, spec, group, findings);
    let versions = spec.items("versions");
    if !versions.iter().any(|version| version.flag("storage") == Some(true)) {
        let place = Place::at(root, &["spec", "versions"]);
        findings.invalid(306, place, "must have exactly one version marked as storage version");
    } else if versions.iter().filter(|version| version.flag("storage") == Some(true)).count() > 1 {
        findings.invalid(306, Place::field(spec, "versions"), "must have exactly one version marked as storage version");
    }
    for version in versions {
        let name = version.text("name").unwrap_or_default();
        findings.all(304, || Place::field(version, "name"), format::label_1035(name));
        match version.at(&["schema", "openAPIV3Schema"]) {
            None => findings.required(301, Place::at(version, &["schema", "openAPIV3Schema"]), "schemas are required"),
            Some(schema) => {
                if schema.text("type") != Some("object") {
                    findings.invalid(301, Place::field(schema, "type"), "must be object at the root");
                }
                structural(schema, findings);
            }
        }
    }
}

fn names<'a>(root: &'a Node, spec: &'a Node, group: &str, findings: &mut Findings<'a>) {
    let Some(names) = spec.field("names") else {
        for name in ["plural", "kind"] {
            findings.required(301, Place::at(root, &["spec", "names", name]), "");
        }
        return;
    };
    for name in ["plural", "singular", "kind", "listKind"] {
        match names.text(name).unwrap_or_default() {
            "" if matches!(name, "plural" | "kind") => findings.required(301, Place::field(names, name), ""),
            "" => {}
            written => findings.all(304, || Place::field(names, name), format::label_1035(&written.to_ascii_lowercase())),
        }
    }
    let expected = format!("{}.{group}", names.text("plural").unwrap_or_default());
    if root.at(&["metadata"]).and_then(|metadata| metadata.text("name")).is_some_and(|name| name != expected) {
        findings.invalid(306, Place::at(root, &["metadata", "name"]), "must be spec.names.plural+\".\"+spec.group");
    }
}

/// Every value has a type, unless it says that it has none.
fn structural<'a>(schema: &'a Node, findings: &mut Findings<'a>) {
    const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
    let flag = |name: &str| schema.flag(name) == Some(true);
    match text(schema.field("type").unwrap_or(&Node::default())) {
        None | Some("") => {
            if !flag("x-kubernetes-int-or-string") && !flag("x-kubernetes-preserve-unknown-fields") {
                findings.required(301, Place::field(schema, "type"), "must not be empty for specified object fields");
            }
        }
        Some(kind) if !TYPES.contains(&kind) => findings.unsupported(303, Place::field(schema, "type"), &TYPES),
        Some(_) => {}
    }
    for (_, property) in schema.entries("properties") {
        structural(property, findings);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.field(inner).filter(|inner| inner.as_map().is_some()) {
            structural(inner, findings);
        }
    }
}
