//! Words of YAML trees.

use smol_str::{SmolStr, ToSmolStr};
use windlass_yaml::{Key, Node, Number, Value};

use crate::syntax::Word;

/// A scalar as a word; `None` for maps, lists, nothing, and what no text holds.
pub(crate) fn word(node: &Node) -> Option<Word> {
    let text = match &node.value {
        Value::String(text) | Value::Timestamp(text) => text.clone(),
        Value::Bool(value) => SmolStr::new_static(if *value { "true" } else { "false" }),
        Value::Number(Number::Int(number)) => number.to_smolstr(),
        Value::Number(Number::UInt(number)) => number.to_smolstr(),
        Value::Number(Number::Float(number)) => number.to_smolstr(),
        Value::Null | Value::Sequence(_) | Value::Map(_) => return None,
    };
    Some(Word { text, span: node.span()? })
}

/// A key as a word.
pub(crate) fn key_word(key: &Key) -> Option<Word> {
    Some(Word { text: key.name().clone(), span: key.span? })
}

/// The items of a list; nothing for anything else.
pub(crate) fn items(node: &Node) -> &[Node] {
    node.as_sequence().unwrap_or_default()
}

/// A scalar, or the scalars of a list.
pub(crate) fn words(node: &Node) -> Vec<Word> {
    match node.as_sequence() {
        Some(items) => items.iter().filter_map(word).collect(),
        None => word(node).into_iter().collect(),
    }
}

/// The scalars of a map with their keys.
pub(crate) fn pairs(node: &Node) -> Vec<(Word, Word)> {
    let pair = |(key, value): (&Key, &Node)| Some((key_word(key)?, word(value)?));
    node.as_map().into_iter().flat_map(|map| map.iter()).filter_map(pair).collect()
}
