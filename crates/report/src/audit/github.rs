//! Workflow commands of GitHub Actions, which show findings beside the lines of a pull request.

use std::fmt::Write as _;

use super::{AuditFormat, AuditReport};
use crate::github;

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "github", extensions: &[], render };

fn render(report: &AuditReport<'_>) -> String {
    let mut text = String::new();
    for finding in report.shown() {
        let title = format!("{} {}", finding.rule.id, finding.rule.slug);
        let lines: Vec<&str> = std::iter::once(&finding.message).chain(&finding.help).map(String::as_str).collect();
        text.push_str(&github::command(finding.grade.severity, finding.span, report.sources(), &title, &lines.join("\n")));
    }
    let [p1, p2, p3] = report.counts();
    let score = report.audit.score().map_or_else(|| "no score".to_owned(), |score| format!("score {score}/100"));
    let _ = writeln!(text, "{score}: {p1} P1, {p2} P2, {p3} P3");
    text
}
