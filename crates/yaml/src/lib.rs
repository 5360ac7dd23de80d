//! YAML as trees with a place on every key and value.
//!
//! [`parse`] reads text into [`Node`]s within a [`Budget`]; [`decode()`] makes text of bytes; [`Writer`] turns values and
//! trees into text; [`apply`], [`insert_entry`] and their neighbours change a text and leave the rest of it as it is. What
//! the values mean is not here.

mod budget;
mod decode;
mod edit;
mod map;
mod node;
mod parse;
mod path;
mod write;

pub use budget::Budget;
pub use decode::{NotText, decode};
pub use edit::{EditError, apply, insert_entry, remove_entry, replace_scalar};
pub use map::{Key, Map};
pub use node::{Node, Number, Tag, Value};
pub use parse::resolve::plain;
pub use parse::{Comment, Document, Parsed, parse, parse_with_comments};
pub use path::{Path, Segment, Trail};
pub use write::{Entries, Remark, Remarks, Style, WriteError, Writer, node_to_string, to_string};
