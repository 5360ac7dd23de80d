//! Objects of custom kinds against the schema of their definition: types, unknown fields, required ones, ranges, patterns, unions, keys
//! of lists; then its rules in CEL.

mod rules;

use std::collections::BTreeSet;

use regex_lite::Regex;
use windlass_yaml::{Node, Number, Value};

use super::findings::{Findings, Place, show};
use super::{format, metadata, structure};
use crate::quantity::Amount;
use crate::schema::CustomKind;
use crate::view::{Fields as _, int, text};

/// Checks an object: what every object has, then what its schema says.
pub(super) fn check_all<'a>(root: &'a Node, kind: &CustomKind, findings: &mut Findings<'a>) {
    structure::metadata(root, findings);
    metadata::check(root, format::subdomain, kind.is_namespaced, findings);
    check(root, kind, findings);
}

fn check<'a>(root: &'a Node, kind: &CustomKind, findings: &mut Findings<'a>) {
    let schema = &kind.schema;
    let Some(map) = root.as_map() else { return };
    for (key, value) in map.iter() {
        if matches!(key.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        match property(schema, key.name()) {
            Some(inner) => value_of(value, inner, findings),
            None if keeps_unknown(schema) => {}
            None => unknown(value, key, schema, findings),
        }
    }
    required(root, schema, findings);
    combinations(root, schema, findings);
    // What can't be trusted to be of its type is not looked at further.
    if findings.errors() == 0 {
        rules::check(root, schema, &kind.expressions, findings);
    }
}

fn property<'s>(schema: &'s Node, name: &str) -> Option<&'s Node> {
    schema.field("properties")?.field(name)
}

fn keeps_unknown(schema: &Node) -> bool {
    schema.flag("x-kubernetes-preserve-unknown-fields") == Some(true)
}

fn unknown<'a>(value: &'a Node, key: &windlass_yaml::Key, schema: &Node, findings: &mut Findings<'a>) {
    let known = schema.entries("properties").map(|(name, _)| name.as_str());
    let help = windlass_source::closest(key.name(), known).map(|name| format!("did you mean `{name}`?"));
    findings.unknown_field(value, key.span, help);
}

fn required<'a>(node: &'a Node, schema: &Node, findings: &mut Findings<'a>) {
    for name in schema.items("required").iter().filter_map(text) {
        let has_default = property(schema, name).is_some_and(|inner| inner.get("default").is_some());
        let is_missing = node
            .get(name)
            .is_none_or(|value| value.is_null() && property(schema, name).is_some_and(|inner| inner.flag("nullable") != Some(true)));
        if is_missing && !has_default && !matches!(name, "apiVersion" | "kind" | "metadata") {
            findings.required(301, Place::field(node, name), "");
        }
    }
}

fn value_of<'a>(node: &'a Node, schema: &Node, findings: &mut Findings<'a>) {
    let kind = schema.text("type").unwrap_or_default();
    // Where it is not allowed, the server takes it away before it looks.
    if node.is_null() {
        return;
    }
    if schema.flag("x-kubernetes-int-or-string") == Some(true) {
        if int(node).is_none() && text(node).is_none() {
            wrong_type(node, "integer,string", findings);
        }
    } else if !is_of_type(node, kind) {
        return wrong_type(node, kind, findings);
    }
    match &node.value {
        Value::Map(_) => fields(node, schema, findings),
        Value::Sequence(items) => elements(node, items, schema, findings),
        Value::String(text) => {
            text_form(node, text, schema, findings);
            allowed(node, schema, findings);
        }
        Value::Number(_) => {
            range(node, schema, findings);
            allowed(node, schema, findings);
        }
        _ => allowed(node, schema, findings),
    }
    combinations(node, schema, findings);
}

fn is_of_type(node: &Node, kind: &str) -> bool {
    match kind {
        "object" => node.as_map().is_some(),
        "array" => node.as_sequence().is_some(),
        "string" => text(node).is_some(),
        "boolean" => node.as_bool().is_some(),
        "integer" => int(node).is_some(),
        "number" => matches!(node.value, Value::Number(_)),
        _ => true,
    }
}

fn wrong_type<'a>(node: &'a Node, kind: &str, findings: &mut Findings<'a>) {
    let found = match &node.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(Number::Float(_)) => "number",
        Value::Number(_) => "integer",
        Value::String(_) | Value::Timestamp(_) => "string",
        Value::Sequence(_) => "array",
        Value::Map(_) => "object",
    };
    let detail = format!("{} in body must be of type {kind}: {found:?}", findings.path(&node.into()));
    findings.invalid_value(4, node, format_args!("{found:?}"), &detail);
}

fn fields<'a>(node: &'a Node, schema: &Node, findings: &mut Findings<'a>) {
    let Some(map) = node.as_map() else { return };
    let of_others = schema.field("additionalProperties").filter(|inner| inner.as_map().is_some());
    let is_open = keeps_unknown(schema) || schema.flag("additionalProperties") == Some(true);
    let is_object = schema.flag("x-kubernetes-embedded-resource") == Some(true);
    for (key, value) in map.iter() {
        match (property(schema, key.name()), of_others) {
            (Some(inner), _) | (None, Some(inner)) => value_of(value, inner, findings),
            (None, None) if is_open || (is_object && matches!(key.as_str(), "apiVersion" | "kind" | "metadata")) => {}
            (None, None) => unknown(value, key, schema, findings),
        }
    }
    required(node, schema, findings);
    count(node, map.len(), schema, ["minProperties", "maxProperties"], "properties", findings);
}

fn elements<'a>(node: &'a Node, items: &'a [Node], schema: &Node, findings: &mut Findings<'a>) {
    if let Some(inner) = schema.field("items") {
        for item in items {
            // From a list nothing is taken away.
            match inner.text("type").filter(|_| item.is_null() && inner.flag("nullable") != Some(true)) {
                Some(kind) => wrong_type(item, kind, findings),
                None => value_of(item, inner, findings),
            }
        }
    }
    count(node, items.len(), schema, ["minItems", "maxItems"], "items", findings);
    let keys: Vec<&str> = schema.items("x-kubernetes-list-map-keys").iter().filter_map(text).collect();
    let key_of = |item: &Node| match schema.text("x-kubernetes-list-type") {
        Some("set") => Some(show(item)),
        Some("map") => {
            let values = keys.iter().map(|key| format!("{key:?}:{}", item.field(key).map_or_else(|| "null".to_owned(), show)));
            Some(format!("{{{}}}", values.collect::<Vec<_>>().join(",")))
        }
        _ => None,
    };
    let mut seen = BTreeSet::new();
    for item in items {
        if let Some(key) = key_of(item)
            && !seen.insert(key.clone())
        {
            findings.duplicate_shown(307, item, &key);
        }
    }
}

fn count<'a>(node: &'a Node, count: usize, schema: &Node, [least, most]: [&str; 2], what: &str, findings: &mut Findings<'a>) {
    let limit = |name: &str| schema.int(name).and_then(|limit| usize::try_from(limit).ok());
    let path = |findings: &Findings<'a>| findings.path(&node.into());
    if let Some(limit) = limit(least).filter(|limit| count < *limit) {
        let detail = format!("{} in body should have at least {limit} {what}", path(findings));
        findings.invalid_value(302, node, count, &detail);
    }
    if let Some(limit) = limit(most).filter(|limit| count > *limit) {
        findings.too_many(302, node, count, limit);
    }
}

fn text_form<'a>(node: &'a Node, written: &str, schema: &Node, findings: &mut Findings<'a>) {
    let length = i64::try_from(written.chars().count()).unwrap_or(i64::MAX);
    // Looked for only where something is wrong: a path costs a walk over the object.
    let path = |findings: &Findings<'a>| findings.path(&node.into());
    if let Some(least) = schema.int("minLength").filter(|least| length < *least) {
        findings.invalid(302, node, &format!("{} in body should be at least {least} chars long", path(findings)));
    }
    if let Some(most) = schema.int("maxLength").filter(|most| length > *most) {
        findings.too_long(302, node, usize::try_from(most).unwrap_or(usize::MAX));
    }
    // A pattern that can't be read is the definition's fault, and the server would not have taken it.
    if let Some(pattern) = schema.text("pattern")
        && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(written))
    {
        findings.invalid(305, node, &format!("{} in body should match '{pattern}'", path(findings)));
    }
}

fn range<'a>(node: &'a Node, schema: &Node, findings: &mut Findings<'a>) {
    let amount = |node: &Node| crate::view::quantity(node).and_then(|text| Amount::parse(&text));
    let Some(value) = amount(node) else { return };
    if schema.text("format") == Some("int32") && int(node).is_none_or(|value| i32::try_from(value).is_err()) {
        let detail = format!("{} in body must be of type int32: {:?}", findings.path(&node.into()), show(node));
        findings.invalid(4, node, &detail);
    }
    for (name, exclusive, words) in [("minimum", "exclusiveMinimum", "greater"), ("maximum", "exclusiveMaximum", "less")] {
        let Some(limit) = schema.field(name) else { continue };
        let Some(bound) = amount(limit) else { continue };
        let is_strict = schema.flag(exclusive) == Some(true);
        let is_beyond = if name == "minimum" { value < bound } else { value > bound };
        if is_beyond || (is_strict && value == bound) {
            let or_equal = if is_strict { "" } else { " or equal to" };
            let path = findings.path(&node.into());
            findings.invalid(302, node, &format!("{path} in body should be {words} than{or_equal} {}", show(limit)));
        }
    }
}

fn allowed<'a>(node: &'a Node, schema: &Node, findings: &mut Findings<'a>) {
    let values = schema.items("enum");
    if !values.is_empty() && !values.iter().any(|value| value.same_value(node)) {
        let quoted: Vec<String> = values.iter().map(show).collect();
        findings.unsupported_shown(303, node, &quoted.join(", "));
    }
}

/// `allOf`, `anyOf`, `oneOf`, `not`. They only restrict what the schema itself describes.
fn combinations<'a>(node: &'a Node, schema: &Node, findings: &mut Findings<'a>) {
    let fits = |schema: &Node| {
        let mut inner = findings.beside();
        restrict(node, schema, &mut inner);
        inner.is_empty()
    };
    let counts = |name: &str| {
        let all = schema.items(name);
        (!all.is_empty()).then(|| all.iter().filter(|one| fits(one)).count())
    };
    let mut wrong = Vec::new();
    if counts("anyOf") == Some(0) {
        wrong.push("must validate at least one schema (anyOf)");
    }
    if counts("oneOf").is_some_and(|count| count != 1) {
        wrong.push("must validate one and only one schema (oneOf)");
    }
    if !schema.items("allOf").iter().all(fits) {
        wrong.push("must validate all the schemas (allOf)");
    }
    if schema.field("not").is_some_and(fits) {
        wrong.push("must not validate the schema (not)");
    }
    for words in wrong {
        let path = findings.path(&node.into());
        findings.invalid_value(306, node, "\"\"", &format!("{path:?} {words}"));
    }
}

/// A schema inside a combination: fields that it does not name are no matter.
fn restrict<'a>(node: &'a Node, schema: &Node, findings: &mut Findings<'a>) {
    let kind = schema.text("type").unwrap_or_default();
    if !is_of_type(node, kind) {
        return wrong_type(node, kind, findings);
    }
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                if let Some(inner) = property(schema, key.name()) {
                    restrict(value, inner, findings);
                }
            }
            required(node, schema, findings);
        }
        Value::Sequence(items) => {
            if let Some(inner) = schema.field("items") {
                items.iter().for_each(|item| restrict(item, inner, findings));
            }
            count(node, items.len(), schema, ["minItems", "maxItems"], "items", findings);
        }
        Value::String(text) => text_form(node, text, schema, findings),
        Value::Number(_) => range(node, schema, findings),
        _ => {}
    }
    if !matches!(node.value, Value::Map(_) | Value::Sequence(_)) {
        allowed(node, schema, findings);
    }
    combinations(node, schema, findings);
}
