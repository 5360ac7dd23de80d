//! Manifests as they were read: fields of a tree with their places, and where a kind keeps its pods.
//!
//! Views borrow the tree and copy nothing, so rules and checks can point at the place that they speak of. A field that holds `null` is
//! absent, as it is to the API server.

mod workload;

use smol_str::SmolStr;
use windlass_yaml::{Key, Node, Number, Value};

pub use workload::{Container, ContainerKind, Workload};

/// Fields of a node by name. On anything but a map there are none.
pub trait Fields {
    /// The value of a field.
    fn field(&self, name: &str) -> Option<&Node>;

    /// The value of a field inside fields.
    fn at(&self, path: &[&str]) -> Option<&Node>;

    /// The text of a field.
    fn text(&self, name: &str) -> Option<&str>;

    /// The whole number of a field.
    fn int(&self, name: &str) -> Option<i64>;

    /// The truth value of a field.
    fn flag(&self, name: &str) -> Option<bool>;

    /// The elements of a field that holds a list.
    fn items(&self, name: &str) -> &[Node];

    /// The entries of a field that holds a map.
    fn entries(&self, name: &str) -> impl Iterator<Item = (&Key, &Node)>;
}

impl Fields for Node {
    fn field(&self, name: &str) -> Option<&Node> {
        self.get(name).filter(|node| !node.is_null())
    }

    fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.field(name))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(text)
    }

    fn int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(int)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    fn items(&self, name: &str) -> &[Node] {
        self.get(name).and_then(Node::as_sequence).unwrap_or_default()
    }

    fn entries(&self, name: &str) -> impl Iterator<Item = (&Key, &Node)> {
        self.get(name).and_then(Node::as_map).into_iter().flat_map(|map| map.iter())
    }
}

/// Text; what YAML takes for a date is text to Kubernetes.
pub fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::String(text) | Value::Timestamp(text) => Some(text),
        _ => None,
    }
}

/// A whole number; `3.0` is one, since the API server reads it as 3.
pub fn int(node: &Node) -> Option<i64> {
    match node.value {
        Value::Number(Number::Int(value)) => Some(value),
        Value::Number(Number::Float(value)) if value.fract() == 0.0 && value.abs() < 1e15 => Some(value as i64),
        _ => None,
    }
}

/// A quantity as it was written: text, or a number.
pub fn quantity(node: &Node) -> Option<SmolStr> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(Number::Int(value)) => Some(smol_str::format_smolstr!("{value}")),
        Value::Number(Number::UInt(value)) => Some(smol_str::format_smolstr!("{value}")),
        Value::Number(Number::Float(value)) => Some(smol_str::format_smolstr!("{value}")),
        _ => None,
    }
}
