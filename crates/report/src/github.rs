//! Workflow commands of GitHub Actions.

use windlass_audit::Severity;
use windlass_source::{SourceMap, Span};

use crate::place::location;

/// The command, a line, that shows a message at a place.
pub(crate) fn command(severity: Severity, span: Option<Span>, sources: &SourceMap, title: &str, message: &str) -> String {
    let command = match severity {
        Severity::P1 => "error",
        Severity::P2 => "warning",
        Severity::P3 => "notice",
    };
    let place = location(span, sources);
    // Columns are shown only for one line.
    let columns =
        if place.line == place.end_line { format!(",col={},endColumn={}", place.column, place.end_column) } else { String::new() };
    let (file, title, message) = (property(place.file), property(title), data(message));
    format!("::{command} file={file},line={},endLine={}{columns},title={title}::{message}\n", place.line, place.end_line)
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value among its properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
