//! Values in, YAML out: block style, the same bytes for the same value. Order is the caller's: nothing is sorted here.

mod emitter;
pub(crate) mod scalar;
mod serializer;

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use windlass_source::in_parallel;

use crate::node::{Node, Number, Value};
use crate::path::Path;
use emitter::{Block, Emitter};

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

    /// A writer without comments, of a text that has about so many bytes: texts that grow are copied, and leave memory behind.
    pub fn with_capacity(style: Style, bytes: usize) -> Self {
        let mut emitter = Emitter::new(style, None);
        emitter.out.reserve(bytes);
        Self { emitter }
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

    /// Adds a document that is a map, entry by entry, so that its tree need not exist as a whole.
    pub fn map(&mut self, fill: impl FnOnce(&mut Entries<'_, 'hook>)) {
        self.emitter.start_document();
        write_map(&mut self.emitter, fill);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.emitter.out
    }
}

/// The entries of a map that is being written.
pub struct Entries<'a, 'hook> {
    emitter: &'a mut Emitter<'hook>,
    block: Block,
}

impl<'hook> Entries<'_, 'hook> {
    /// Adds an entry.
    pub fn node(&mut self, key: &str, value: &Node) {
        self.emitter.key(&mut self.block, key, true);
        write_node(self.emitter, value);
        self.emitter.end_entry();
    }

    /// Adds an entry without a tag.
    pub fn value(&mut self, key: &str, value: &Value) {
        self.emitter.key(&mut self.block, key, true);
        write_value(self.emitter, value, None);
        self.emitter.end_entry();
    }

    /// Adds what `fill` makes of each item; where there are at least so many, several threads do. The writer has no remarks.
    pub fn each<T: Sync>(&mut self, items: &[T], least: usize, fill: impl for<'h> Fn(&mut Entries<'_, 'h>, &T) + Sync) {
        if items.len() < least {
            items.iter().for_each(|item| fill(self, item));
            return;
        }
        debug_assert!(!self.emitter.has_remarks(), "remarks are asked for in the order of the text");
        let (style, indent) = (self.emitter.style(), self.block.indent());
        let texts = in_parallel(items, least, |item| {
            let mut emitter = Emitter::new(style, None);
            let block = Block::apart(indent);
            let mut entries = Entries { emitter: &mut emitter, block };
            fill(&mut entries, item);
            emitter.out
        });
        texts.iter().for_each(|text| self.emitter.join(&mut self.block, text));
    }

    /// Adds an entry that is a map itself.
    pub fn map(&mut self, key: &str, fill: impl FnOnce(&mut Entries<'_, 'hook>)) {
        self.emitter.key(&mut self.block, key, true);
        write_map(self.emitter, fill);
        self.emitter.end_entry();
    }

    /// The same, and nothing where nothing was filled in.
    pub fn map_or_nothing(&mut self, key: &str, fill: impl FnOnce(&mut Entries<'_, 'hook>)) {
        let before = self.emitter.mark(&self.block);
        self.emitter.key(&mut self.block, key, true);
        let mut entries = Entries { block: self.emitter.open("{}", None), emitter: &mut *self.emitter };
        fill(&mut entries);
        let Entries { block, .. } = entries;
        if block.is_empty() {
            self.emitter.back_to(before, &mut self.block);
        } else {
            self.emitter.close(block);
        }
        self.emitter.end_entry();
    }

    /// Adds an entry that is a list of maps, each as `fill` makes it of an item.
    pub fn maps<T>(&mut self, key: &str, items: &[T], fill: impl Fn(&mut Entries<'_, 'hook>, &T)) {
        self.emitter.key(&mut self.block, key, true);
        let mut block = self.emitter.open("[]", None);
        for item in items {
            self.emitter.item(&mut block);
            write_map(self.emitter, |entries| fill(entries, item));
            self.emitter.end_entry();
        }
        self.emitter.close(block);
        self.emitter.end_entry();
    }
}

fn write_map<'hook>(emitter: &mut Emitter<'hook>, fill: impl FnOnce(&mut Entries<'_, 'hook>)) {
    let block = emitter.open("{}", None);
    let mut entries = Entries { emitter, block };
    fill(&mut entries);
    let Entries { emitter, block } = entries;
    emitter.close(block);
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

/// A value on one line: brackets for maps and lists, tags left out.
pub(crate) fn flow_text(value: &Value, style: Style) -> String {
    let mut out = String::new();
    push_flow(&mut out, value, "", style);
    out
}

/// A scalar on one line, in the quotes of `before` where it can.
pub(crate) fn scalar_text(value: &Value, before: &str, style: Style) -> String {
    let mut out = String::new();
    push_flow(&mut out, value, before, style);
    out
}

fn push_flow(out: &mut String, value: &Value, before: &str, style: Style) {
    match value {
        Value::String(text) => out.push_str(&scalar::inline(text, before, style)),
        Value::Sequence(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                push_flow(out, &item.value, "", style);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&if key.is_text { scalar::inline(key.as_str(), "", style) } else { key.as_str().to_owned() });
                out.push_str(": ");
                push_flow(out, &value.value, "", style);
            }
            out.push('}');
        }
        plain => out.push_str(&plain_text(plain, style)),
    }
}

/// The text of a null, truth value, number or date; empty for others.
fn plain_text(value: &Value, style: Style) -> Cow<'_, str> {
    match value {
        Value::Null => "null".into(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Number(Number::Int(value)) => value.to_string().into(),
        Value::Number(Number::UInt(value)) => value.to_string().into(),
        Value::Number(Number::Float(value)) => scalar::float(*value, style).into(),
        Value::Timestamp(text) => text.as_str().into(),
        Value::String(_) | Value::Sequence(_) | Value::Map(_) => "".into(),
    }
}

fn write_node(emitter: &mut Emitter<'_>, node: &Node) {
    write_value(emitter, &node.value, node.tag.as_deref());
}

fn write_value(emitter: &mut Emitter<'_>, value: &Value, tag: Option<&str>) {
    match value {
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
                match key.is_word {
                    true => emitter.word(&mut block, key.as_str()),
                    false => emitter.key(&mut block, key.as_str(), key.is_text),
                }
                write_node(emitter, value);
                emitter.end_entry();
            }
            emitter.close(block);
        }
        Value::Number(Number::Int(number)) => emitter.number(*number),
        // Under a tag, a plain scalar is text, so these have none.
        plain => emitter.raw(&plain_text(plain, emitter.style()), None),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_that_stays_empty_leaves_nothing_behind() {
        let mut writer = Writer::new(Style::Compose);
        let one = Value::from(1);
        writer.map(|entries| {
            entries.map_or_nothing("first", |entries| entries.map_or_nothing("inner", |_| {}));
            entries.maps("list", &[true, false], |entries, is_full| {
                entries.map_or_nothing("gone", |_| {});
                entries.map_or_nothing("there", |entries| {
                    if *is_full {
                        entries.value("a", &one);
                    }
                });
            });
            entries.map("empty", |_| {});
            entries.map_or_nothing("last", |entries| entries.map_or_nothing("inner", |_| {}));
        });
        insta::assert_snapshot!(writer.finish(), @"
        list:
          - there:
              a: 1
          - {}
        empty: {}
        ");
    }

    #[test]
    fn entries_of_several_threads_stand_as_those_of_one() {
        let items: Vec<i64> = (0..100).collect();
        let write = |items: &[i64], least: usize| {
            let mut writer = Writer::new(Style::Compose);
            writer.map(|entries| {
                entries.map("numbers", |entries| {
                    entries.each(items, least, |entries, item| {
                        if item % 3 != 0 {
                            let value = Node::default_value(vec![Node::default_value(*item)]);
                            entries.map(&format!("n{item}"), |entries| entries.node("list", &value));
                        }
                    });
                });
                entries.node("last", &Node::default_value(true));
            });
            writer.finish()
        };
        assert_eq!(write(&items, 0), write(&items, usize::MAX));
        insta::assert_snapshot!(write(&items[..5], 0), @"
        numbers:
          n1:
            list:
              - 1
          n2:
            list:
              - 2
          n4:
            list:
              - 4
        last: true
        ");
        assert_eq!(write(&[], 0), "numbers: {}\nlast: true\n");
    }
}
