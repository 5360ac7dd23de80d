//! Kubernetes objects in, a tree of files out, what writing it into a directory would change, and how objects differ from manifests. Nothing is written here.

mod comparison;
mod difference;
mod file_tree;
pub mod layouts;
mod plan;
mod record;
pub mod secrets;

pub use comparison::{Before, Comparison, compare};
pub use difference::difference;
pub use file_tree::{File, FileTree, is_safe};
pub use plan::{Action, Plan, Step, plan};
pub use record::{RECORD, Record};
