//! Text with positions, and what can be said about it.
//!
//! Every value that Windlass reads keeps where it stands ([`Span`], [`Origin`]), and everything that it has to say is a
//! [`Diagnostic`] with labels on such places. Files are reached through [`FileSystem`] alone, so the rooms above stay pure,
//! and work for several threads goes through [`in_parallel`], [`taken_in_parallel`] and [`both`] alone, so that its results have one order.
//! Rendering is not here (room `report`).

mod diagnostic;
mod file;
mod file_system;
mod fix;
mod line_index;
mod memory_file_system;
mod origin;
mod parallel;
mod real_file_system;
mod span;
mod suggest;

pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub use file::{SourceFile, SourceMap};
pub use file_system::{DirEntry, FileKind, FileSystem, Metadata, clean, normalize};
pub use fix::{Applicability, Edit, Fix};
pub use line_index::Position;
pub use memory_file_system::MemoryFileSystem;
pub use origin::{Origin, Part, Spanned, Trace, VariableSource};
pub use parallel::{beforehand, both, has_second, in_parallel, taken_in_parallel};
pub use real_file_system::RealFileSystem;
pub use span::{FileId, Span};
pub use suggest::closest;
