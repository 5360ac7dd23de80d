//! Kubernetes objects in, a tree of files out, and what writing it into a directory would change. Nothing is written here.

mod difference;
mod file_tree;
pub mod layouts;
mod plan;
mod record;
pub mod secrets;

pub use difference::difference;
pub use file_tree::{File, FileTree, is_safe};
pub use plan::{Action, Plan, Step, plan};
pub use record::{RECORD, Record};
