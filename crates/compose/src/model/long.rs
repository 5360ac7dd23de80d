//! The building of long forms.

use smol_str::SmolStr;
use windlass_yaml::{Key, Map, Node, Value};

use crate::model::context::Context;
use crate::model::merge::into_sequence;

/// Makes a value a map in which it stands under `key`.
pub(crate) fn map_of(node: &mut Node, key: &'static str) {
    let value = std::mem::take(node);
    let origin = value.origin.clone();
    let mut map = Map::new();
    put(&mut map, key, value);
    *node = Node::new(map, origin);
}

/// Puts a value under a key that Compose names.
pub(crate) fn put(map: &mut Map, key: &'static str, value: impl Into<Node>) {
    map.insert(Key::new(SmolStr::new_static(key), None), value.into());
}

/// Puts a default into a map that has no such key.
pub(crate) fn set_default(node: &mut Node, key: &'static str, value: impl Into<Value>) {
    if let Value::Map(map) = &mut node.value
        && !map.contains_key(key)
    {
        put(map, key, Node::default_value(value));
    }
}

/// As [`list_of_one`], but not where the project is never decoded: only then docker compose does it.
pub(crate) fn decoded_list_of_one(node: &mut Node, context: &mut Context<'_>) {
    if !context.is_lenient() {
        list_of_one(node, context);
    }
}

/// Makes a text a list of one; anything else stays.
pub(crate) fn list_of_one(node: &mut Node, _: &mut Context<'_>) {
    if let Value::String(_) = node.value {
        into_sequence(node);
    }
}
