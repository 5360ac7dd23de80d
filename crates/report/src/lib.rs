//! Diagnostics, the conversion's report and the audit's in, text for people and machines out. One file a format (`formats/`,
//! `audit/`).
//! Nothing is written here; the caller does that.

mod amount;
pub mod audit;
pub mod cost;
mod formats;
mod github;
mod gitlab;
mod graph;
mod junit;
mod markdown;
mod page;
mod place;
mod report;
pub mod rules;
mod sarif;
#[cfg(test)]
mod testing;
pub mod validation;

pub use formats::summary::render as summary;
pub use formats::{FORMATS, Format, GRAPH_FORMATS, GraphFormat, by_extension, human};
pub use graph::Graph;
pub use report::{Conversion, ObjectEntry};
