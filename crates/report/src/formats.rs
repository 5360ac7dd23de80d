//! The formats, one file each, and the list of those that a report file can have.

mod dot;
pub(crate) mod html;
pub mod human;
pub(crate) mod json;
pub(crate) mod markdown;
mod mermaid;
pub(crate) mod summary;
pub(crate) mod svg;

use crate::graph::Graph;
use crate::report::Conversion;

/// A form of the conversion's report.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Extension of its files, without the dot.
    pub extension: &'static str,
    /// The report in this form, with a line break at its end.
    pub render: fn(&Conversion<'_>) -> String,
}

/// Every form of the conversion's report.
pub static FORMATS: [Format; 3] = [json::FORMAT, markdown::FORMAT, html::FORMAT];

/// The form of a file with this extension, whatever its case.
pub fn by_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}

/// A form of a graph.
#[derive(Clone, Copy, Debug)]
pub struct GraphFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// Extensions of its files, without the dot; the first one is the usual.
    pub extensions: &'static [&'static str],
    /// The graph in this form, with a line break at its end.
    pub render: fn(&Graph) -> String,
}

/// Every form of a graph; the first one is the default.
pub static GRAPH_FORMATS: [GraphFormat; 3] = [
    GraphFormat { name: "svg", extensions: &["svg"], render: |graph| svg::Picture::of(graph).file() },
    GraphFormat { name: "mermaid", extensions: &["mmd", "mermaid"], render: mermaid::render },
    GraphFormat { name: "dot", extensions: &["dot", "gv"], render: dot::render },
];
