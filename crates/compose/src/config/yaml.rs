//! A project as YAML, written as it is walked: what is printed of it is never a tree of its own.

use windlass_yaml::{Entries, Map, Node, Style, Value, Writer};

use super::shape::{Field, Fields, Form, Shape};
use super::tables::PROJECT;
use super::value::{any, each_attribute, extensions, field_value, named_value, sorted};
use crate::model;

/// Fewer services, or other entries of a line or two, are written faster than a second thread is there.
const WORTH_A_THREAD: (usize, usize) = (200, 4000);

/// A whole project as text, of about so many bytes.
pub(crate) fn project(tree: &Node, bytes: usize) -> String {
    let mut writer = Writer::with_capacity(Style::Compose, bytes);
    writer.map(|entries| object(entries, tree, PROJECT));
    writer.finish()
}

/// The attributes of an object, and those of the user's own.
fn object(entries: &mut Entries<'_, '_>, node: &Node, fields: &'static Fields) {
    let empty = Map::new();
    let from = node.as_map().unwrap_or(&empty);
    each_attribute(from, fields, Form::Yaml, |field, node| attribute(entries, field, node));
    for (key, node) in extensions(from) {
        entries.node(key.as_str(), &any(node, Form::Yaml));
    }
}

fn attribute(entries: &mut Entries<'_, '_>, field: &Field, node: Option<&Node>) {
    match (node, field.shape) {
        (Some(node), Shape::Object(fields)) => entries.map(field.key, |entries| object(entries, node, fields)),
        (Some(node), Shape::Embedded(fields)) => {
            entries.map_or_nothing(field.key, |entries| object(entries, node, fields));
        }
        (Some(Node { value: Value::Map(map), .. }), Shape::Named(shape)) if !map.is_empty() => entries.map(field.key, |entries| {
            let least = if field.key == "services" { WORTH_A_THREAD.0 } else { WORTH_A_THREAD.1 };
            entries.each(&sorted(map, Form::Yaml), least, |entries, (key, node)| match shape {
                Shape::Object(fields) if !node.is_null() => {
                    entries.map(key.as_str(), |entries| object(entries, node, fields));
                }
                _ => {
                    if let Some(value) = named_value(node, shape, Form::Yaml) {
                        entries.value(key.as_str(), &value);
                    }
                }
            });
        }),
        (Some(Node { value: Value::Sequence(items), .. }), Shape::List(Shape::Object(fields))) if !items.is_empty() => {
            entries.maps(field.key, items, |entries, item| object(entries, item, fields));
        }
        (Some(Node { value: Value::Map(map), .. }), Shape::TextMap | Shape::Variables) => {
            entries.map_or_nothing(field.key, |entries| texts(entries, map, matches!(field.shape, Shape::Variables)));
        }
        _ => {
            if let Some(value) = field_value(node, field, Form::Yaml) {
                entries.value(field.key, &value);
            }
        }
    }
}

fn texts(entries: &mut Entries<'_, '_>, map: &Map, keep_null: bool) {
    for (key, node) in sorted(map, Form::Yaml) {
        match &node.value {
            text @ Value::String(_) => entries.value(key.as_str(), text),
            Value::Null if keep_null => entries.value(key.as_str(), &Value::Null),
            Value::Null => entries.value(key.as_str(), &"".into()),
            _ => {
                if let Some(text) = model::text(node) {
                    entries.value(key.as_str(), &Value::String(text));
                }
            }
        }
    }
}
