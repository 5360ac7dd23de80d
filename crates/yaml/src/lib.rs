//! YAML as trees with a place on every key and value.
//!
//! [`Node`] is the tree. What the values mean is not here.

mod map;
mod node;
mod path;

pub use map::{Key, Map};
pub use node::{Node, Number, Value};
pub use path::{Path, Segment};
