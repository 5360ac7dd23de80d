//! Places as programs are told them.

use windlass_source::{SourceMap, Span};

/// Where something stands, as every format for programs tells it: lines and columns from 1, in characters; the end is the place after the
/// last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Location<'a> {
    pub(crate) file: &'a str,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) end_line: u32,
    pub(crate) end_column: u32,
}

/// The place of a span; the directory as a whole without one.
pub(crate) fn location<'a>(span: Option<Span>, sources: &'a SourceMap) -> Location<'a> {
    let Some(span) = span else { return Location { file: ".", line: 1, column: 1, end_line: 1, end_column: 1 } };
    let file = sources.file(span.file);
    let (start, end) = (file.position(span.start), file.position(span.end));
    Location { file: file.name(), line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}
