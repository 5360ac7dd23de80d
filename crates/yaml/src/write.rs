//! Values in, YAML out: block style, the same bytes for the same value. Order is the caller's: nothing is sorted here.

mod emitter;
mod scalar;
mod serializer;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use crate::node::{Node, Number, Value};
use crate::path::Path;
use emitter::Emitter;

/// Whose hand the text resembles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// `kubectl get -o yaml`: the items of a list at the indent of its key. Text that a reader of YAML 1.1 or 1.2 could
    /// take for something else is quoted.
    #[default]
    Kubernetes,
    /// `docker compose config`: the items of a list two spaces further, quotes where go-yaml v3 puts them.
    Compose,
}

/// A comment that the writer adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// On lines of its own above the field.
    Above(String),
    /// At the end of the field's first line; for a whole document, above it.
    Beside(String),
}

/// Asked for a comment at each document (the root), key and item.
pub type Remarks<'a> = dyn Fn(&Path) -> Option<Remark> + 'a;

/// A value that YAML can't hold: a key that is no text, or what its own `Serialize` refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteError(String);

impl std::fmt::Display for WriteError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WriteError {}

/// Writes documents, with `---` between them.
pub struct Writer<'hook> {
    emitter: Emitter<'hook>,
}

impl<'hook> Writer<'hook> {
    /// A writer without comments.
    pub fn new(style: Style) -> Self {
        Self { emitter: Emitter::new(style, None) }
    }

    /// A writer that asks `remarks` for comments.
    pub fn with_remarks(style: Style, remarks: &'hook Remarks<'hook>) -> Self {
        Self { emitter: Emitter::new(style, Some(remarks)) }
    }

    /// Adds a document.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        self.emitter.start_document();
        value.serialize(&mut self.emitter)
    }

    /// Adds a document, with its tags, dates, and keys that are no text, which serde does not know.
    pub fn node(&mut self, node: &Node) {
        self.emitter.start_document();
        write_node(&mut self.emitter, node);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.emitter.out
    }
}

/// A value as one document, as kubectl writes it.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, WriteError> {
    let mut writer = Writer::new(Style::Kubernetes);
    writer.value(value)?;
    Ok(writer.finish())
}

/// A tree as one document.
pub fn node_to_string(node: &Node, style: Style) -> String {
    let mut writer = Writer::new(style);
    writer.node(node);
    writer.finish()
}

fn write_node(emitter: &mut Emitter<'_>, node: &Node) {
    let tag = node.tag.as_deref();
    match &node.value {
        // Under a tag, a plain scalar is text.
        Value::Null => emitter.raw("null", None),
        Value::Bool(value) => emitter.raw(if *value { "true" } else { "false" }, None),
        Value::Number(Number::Int(value)) => emitter.raw(&value.to_string(), None),
        Value::Number(Number::UInt(value)) => emitter.raw(&value.to_string(), None),
        Value::Number(Number::Float(value)) => emitter.raw(&scalar::float(*value, emitter.style()), None),
        Value::Timestamp(text) => emitter.raw(text, None),
        Value::String(text) => emitter.text(text, tag),
        Value::Sequence(items) => {
            let mut block = emitter.open("[]", tag);
            for item in items {
                emitter.item(&mut block);
                write_node(emitter, item);
                emitter.end_entry();
            }
            emitter.close(block);
        }
        Value::Map(map) => {
            let mut block = emitter.open("{}", tag);
            for (key, value) in map.iter() {
                emitter.key(&mut block, key.as_str(), key.is_text);
                write_node(emitter, value);
                emitter.end_entry();
            }
            emitter.close(block);
        }
    }
}

impl Serialize for Node {
    /// The value alone: dates become text, and places and tags are left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(Number::Int(value)) => serializer.serialize_i64(*value),
            Value::Number(Number::UInt(value)) => serializer.serialize_u64(*value),
            Value::Number(Number::Float(value)) => serializer.serialize_f64(*value),
            Value::String(text) | Value::Timestamp(text) => serializer.serialize_str(text),
            Value::Sequence(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Value::Map(map) => {
                let mut entries = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in map.iter() {
                    entries.serialize_entry(key.as_str(), value)?;
                }
                entries.end()
            }
        }
    }
}
