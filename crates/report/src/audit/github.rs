//! Workflow commands of GitHub Actions, which show findings beside the lines of a pull request.

use std::fmt::Write as _;

use windlass_audit::Severity;

use super::{AuditFormat, AuditReport, location};

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "github", extensions: &[], render };

fn render(report: &AuditReport<'_>) -> String {
    let mut text = String::new();
    for finding in report.shown() {
        let command = match finding.grade.severity {
            Severity::P1 => "error",
            Severity::P2 => "warning",
            Severity::P3 => "notice",
        };
        let place = location(finding.span, report.sources());
        // Columns are shown only for one line.
        let columns =
            if place.line == place.end_line { format!(",col={},endColumn={}", place.column, place.end_column) } else { String::new() };
        let file = property(place.file);
        let title = property(&format!("{} {}", finding.rule.id, finding.rule.slug));
        let lines: Vec<&str> = std::iter::once(&finding.message).chain(&finding.help).map(String::as_str).collect();
        let message = data(&lines.join("\n"));
        let _ = writeln!(text, "::{command} file={file},line={},endLine={}{columns},title={title}::{message}", place.line, place.end_line);
    }
    let [p1, p2, p3] = report.counts();
    let score = report.audit.score().map_or_else(|| "no score".to_owned(), |score| format!("score {score}/100"));
    let _ = writeln!(text, "{score}: {p1} P1, {p2} P2, {p3} P3");
    text
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value among its properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
