//! Kubernetes objects in, a tree of files out, what writing it into a directory would change, how objects differ from
//! manifests, and what carries a project's content into its claims. Nothing is written here.

mod applied;
mod comparison;
pub mod data;
mod difference;
mod file_tree;
pub mod layouts;
mod plan;
mod record;
pub mod secrets;
mod shell_word;

pub use applied::remove_dropped;
pub use comparison::{Before, Comparison, compare, compare_trees};
pub use difference::difference;
pub use file_tree::{File, FileTree, is_safe};
pub use plan::{Action, Plan, Step, plan};
pub use record::{RECORD, Record};
pub use shell_word::shell_word;
