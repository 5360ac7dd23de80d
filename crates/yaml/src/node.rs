//! The tree.

use std::ops::Deref;

use smol_str::SmolStr;
use windlass_source::{Origin, Span};

use crate::map::Map;

/// A value with where it came from.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written, and what it passed through.
    pub origin: Origin,
    /// A tag that is not one of YAML's own, with its `!`: `!reset`.
    pub tag: Option<Tag>,
}

/// A tag with its `!`. Few values have one, so it takes no more room than a pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(Box<SmolStr>);

impl Deref for Tag {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<T: Into<SmolStr>> From<T> for Tag {
    fn from(text: T) -> Self {
        Self(Box::new(text.into()))
    }
}

/// A value, resolved as go-yaml resolves it (YAML 1.2 core schema with YAML 1.1 numbers), since that is what Compose and
/// Kubernetes read with: `yes` is text, `0644` is 420, `1_000` is 1000, `22:22` is text.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`, `~` or nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(SmolStr),
    /// A plain scalar that YAML 1.1 reads as a date or time, as it was written.
    Timestamp(SmolStr),
    /// A list.
    Sequence(Vec<Node>),
    /// A map in the order of the text.
    Map(Map),
}

/// A number as YAML wrote it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Fits 64 bits with sign.
    Int(i64),
    /// Above that.
    UInt(u64),
    /// Everything else.
    Float(f64),
}

impl Node {
    /// A value from `origin`.
    pub fn new(value: impl Into<Value>, origin: impl Into<Origin>) -> Self {
        Self { value: value.into(), origin: origin.into(), tag: None }
    }

    /// A value that nobody wrote.
    pub fn default_value(value: impl Into<Value>) -> Self {
        Self::new(value, Origin::DEFAULT)
    }

    /// Where it was written; `None` for a default.
    pub fn span(&self) -> Option<Span> {
        self.origin.span()
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is a whole one within 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Number(Number::Int(value)) => Some(value),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_sequence_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The value under a key, if it is a map that has it.
    #[inline(always)]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value under a key, if it is a map that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(key)
    }

    /// Equal values, wherever they came from. The order of keys has no meaning.
    pub fn same_value(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Value {
    /// What a person calls this kind of value.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Number(Number::Float(_)) => "a number",
            Self::Number(_) => "a whole number",
            Self::String(_) => "text",
            Self::Timestamp(_) => "a date",
            Self::Sequence(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) | (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            (Self::Sequence(a), Self::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_value(b)),
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| b.get(key.as_str()).is_some_and(|other| value.same_value(other)))
            }
            _ => false,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Number::Int(value))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(Number::Float(value))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<SmolStr> for Value {
    fn from(text: SmolStr) -> Self {
        Self::String(text)
    }
}

impl From<Vec<Node>> for Value {
    fn from(items: Vec<Node>) -> Self {
        Self::Sequence(items)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
