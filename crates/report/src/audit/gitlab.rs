//! GitLab's code quality report, a list of issues in the form of Code Climate.

use serde::Serialize;
use windlass_audit::Severity;

use super::{AuditFormat, AuditReport, location};

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "gitlab", extensions: &[], render };

#[derive(Serialize)]
struct Issue<'a> {
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

fn render(report: &AuditReport<'_>) -> String {
    let issues = report.shown().filter(|finding| finding.counts()).map(|finding| {
        let place = location(finding.span, report.sources());
        Issue {
            description: format!("{} {}: {}", finding.rule.id, finding.rule.slug, finding.message),
            check_name: finding.rule.id,
            fingerprint: &finding.fingerprint,
            severity: match finding.grade.severity {
                Severity::P1 => "critical",
                Severity::P2 => "major",
                Severity::P3 => "minor",
            },
            location: Place { path: place.file, lines: Lines { begin: place.line, end: place.end_line } },
        }
    });
    let mut text = serde_json::to_string_pretty(&issues.collect::<Vec<_>>()).expect("every map key is text");
    text.push('\n');
    text
}
