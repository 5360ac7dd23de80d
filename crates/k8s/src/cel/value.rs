//! Objects as values of CEL: with a schema as the API server types them, defaults filled in; without one as they are written.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Value};
use windlass_yaml::{Node, Number, Value as Tree};

use crate::view::Fields as _;

/// A tree without a schema: whole numbers are `int`.
pub(crate) fn plain(node: &Node) -> Value {
    match &node.value {
        Tree::Map(map) => object(map.iter().map(|(key, value)| (key.as_str().to_owned(), plain(value)))),
        Tree::Sequence(items) => items.iter().map(plain).collect::<Vec<_>>().into(),
        _ => scalar(node),
    }
}

/// A tree by its schema: properties that it lacks have their defaults, others than the schema's are not there.
pub(crate) fn typed(node: &Node, schema: &Node) -> Value {
    of_schema(node, schema, schema.flag("x-kubernetes-embedded-resource") == Some(true))
}

/// The same of a whole object.
pub(crate) fn typed_object(node: &Node, schema: &Node) -> Value {
    of_schema(node, schema, true)
}

fn of_schema(node: &Node, schema: &Node, is_object: bool) -> Value {
    match &node.value {
        Tree::Map(map) => {
            let is_open = schema.flag("x-kubernetes-preserve-unknown-fields") == Some(true);
            let others = schema.field("additionalProperties").filter(|inner| inner.as_map().is_some());
            let properties = schema.field("properties");
            let of = |name: &str| properties.and_then(|properties| properties.field(name));
            let written = map.iter().filter_map(|(key, value)| match (of(key.as_str()), others) {
                // A null that the schema does not allow is taken away before anything looks.
                (Some(inner), _) if value.is_null() && inner.flag("nullable") != Some(true) => None,
                (Some(inner), _) => Some((escaped(key.as_str()), typed(value, inner))),
                (None, Some(inner)) => Some((key.as_str().to_owned(), typed(value, inner))),
                (None, None) => is_open.then(|| (key.as_str().to_owned(), plain(value))),
            });
            // Of an object's own fields expressions see these, whatever the schema says.
            let own = map.iter().filter(|_| is_object).filter_map(|(key, value)| match key.as_str() {
                "apiVersion" | "kind" => Some((key.as_str().to_owned(), scalar(value))),
                "metadata" => {
                    let names = ["name", "generateName"].into_iter().filter_map(|name| Some((name.to_owned(), plain(value.field(name)?))));
                    Some(("metadata".to_owned(), object(names)))
                }
                _ => None,
            });
            let is_missing = |name: &str| map.get(name).is_none_or(Node::is_null);
            let defaults = schema.entries("properties").filter(|(name, _)| is_missing(name.as_str())).filter_map(|(name, inner)| {
                let default = inner.get("default").filter(|default| !default.is_null())?;
                Some((escaped(name.as_str()), typed(default, inner)))
            });
            object(written.chain(defaults).chain(own))
        }
        Tree::Sequence(items) => {
            let inner = schema.field("items");
            items.iter().map(|item| inner.map_or_else(|| plain(item), |inner| typed(item, inner))).collect::<Vec<_>>().into()
        }
        Tree::Number(Number::Int(number)) if schema.text("type") == Some("number") => Value::Float(*number as f64),
        Tree::Number(Number::Float(number)) if schema.text("type") == Some("integer") => Value::Int(*number as i64),
        Tree::String(text) => match schema.text("format") {
            Some("date-time") => time(text).unwrap_or_else(|| scalar(node)),
            Some("duration") => duration(text).unwrap_or_else(|| scalar(node)),
            _ => scalar(node),
        },
        _ => scalar(node),
    }
}

/// A map of names.
pub(crate) fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    let map: HashMap<Key, Value> = entries.into_iter().map(|(key, value)| (Key::String(Arc::new(key)), value)).collect();
    map.into()
}

fn scalar(node: &Node) -> Value {
    match &node.value {
        Tree::Null => Value::Null,
        Tree::Bool(flag) => Value::Bool(*flag),
        Tree::Number(Number::Int(number)) => Value::Int(*number),
        Tree::Number(Number::UInt(number)) => Value::UInt(*number),
        Tree::Number(Number::Float(number)) => Value::Float(*number),
        Tree::String(text) | Tree::Timestamp(text) => Value::String(Arc::new(text.to_string())),
        Tree::Map(_) | Tree::Sequence(_) => plain(node),
    }
}

/// The crate's own functions read times and durations.
fn time(text: &str) -> Option<Value> {
    super::Expression::parse(&format!("timestamp({text:?})")).ok()?.evaluate(&[]).ok()
}

fn duration(text: &str) -> Option<Value> {
    super::Expression::parse(&format!("duration({text:?})")).ok()?.evaluate(&[]).ok()
}

/// A property's name as expressions write it (`k8s.io/apiserver`, "Escaping"): `x-prop` is `x__dash__prop`, `namespace` is
/// `__namespace__`.
fn escaped(name: &str) -> String {
    const RESERVED: [&str; 21] = [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ];
    if RESERVED.contains(&name) {
        return format!("__{name}__");
    }
    if !name.contains(['.', '-', '/', '_']) {
        return name.to_owned();
    }
    name.replace("__", "__underscores__").replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn names_are_escaped() {
        for (name, expected) in [
            ("namespace", "__namespace__"),
            ("x-prop", "x__dash__prop"),
            ("redact__d", "redact__underscores__d"),
            ("a.b/c", "a__dot__b__slash__c"),
        ] {
            assert_eq!(escaped(name), expected);
        }
    }
}
