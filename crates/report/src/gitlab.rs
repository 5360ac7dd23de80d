//! GitLab's code quality report, a list of issues in the form of Code Climate.

use serde::Serialize;
use windlass_audit::Severity;
use windlass_source::{SourceMap, Span};

use crate::place::location;

/// An issue of the report.
#[derive(Serialize)]
pub(crate) struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'a str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// An issue at a place.
pub(crate) fn issue<'a>(
    rule: &'a str,
    severity: Severity,
    span: Option<Span>,
    sources: &'a SourceMap,
    fingerprint: &'a str,
    description: String,
) -> Issue<'a> {
    let place = location(span, sources);
    let severity = match severity {
        Severity::P1 => "critical",
        Severity::P2 => "major",
        Severity::P3 => "minor",
    };
    let location = Place { path: place.file, lines: Lines { begin: place.line, end: place.end_line } };
    Issue { description, check_name: rule, fingerprint, severity, location }
}

/// The report of issues.
pub(crate) fn report(issues: &[Issue<'_>]) -> String {
    let mut text = serde_json::to_string_pretty(issues).expect("every map key is text");
    text.push('\n');
    text
}
