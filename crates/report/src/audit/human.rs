//! Findings as a compiler shows them, then scores and counts.

use std::fmt::Write as _;

use windlass_audit::{Finding, Severity};
use windlass_source::{Code, Diagnostic, Label, Severity as Level, in_parallel};

use super::{AuditFormat, AuditReport};
use crate::human;

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "human", extensions: &["txt"], render };

/// Findings below which one thread draws all: starting another takes longer.
const FEW: usize = 200;

fn render(report: &AuditReport<'_>) -> String {
    let shown: Vec<&Finding> = report.shown().collect();
    let rendered = in_parallel(&shown, FEW, |finding| human::render(&diagnostic(finding), report.sources(), &report.style));
    let mut text = String::new();
    for finding in rendered {
        text.push_str(&finding);
        text.push('\n');
    }
    summary(report, &mut text);
    text
}

/// The finding as a diagnostic. Repairs are shown by `windlass fix`.
fn diagnostic(finding: &Finding) -> Diagnostic {
    let level = match finding.grade.severity {
        Severity::P1 => Level::Error,
        Severity::P2 => Level::Warning,
        Severity::P3 => Level::Note,
    };
    let mut diagnostic = Diagnostic::new(Code(finding.rule.id), level, finding.message.clone()).at(finding.span);
    diagnostic.labels.extend(finding.related.iter().map(|label| Label { span: label.span, message: label.message.clone() }));
    let grade = &finding.grade;
    if let Some(because) = &grade.because {
        diagnostic = diagnostic.because(format!("{} here: {because}", grade.severity));
    }
    diagnostic.notes.extend(finding.notes.iter().cloned());
    if let Some(suppressed) = &finding.suppressed {
        diagnostic = diagnostic.because(suppressed.told());
    }
    diagnostic.help.extend(finding.help.iter().cloned());
    diagnostic
}

fn summary(report: &AuditReport<'_>, text: &mut String) {
    let audit = report.audit;
    let points = |score: Option<u32>| score.map_or_else(|| "-".to_owned(), |score| format!("{score:>3}/100"));
    for category in &audit.total.categories {
        let tally = category.tally;
        let controls = format!("{} pass, {} partial, {} fail, {} exempt", tally.pass, tally.partial, tally.fail, tally.exempt);
        let _ = writeln!(text, "{:<30} {}  {controls}", category.category.as_str(), points(Some(category.score)));
    }
    if !audit.stacks.is_empty() {
        text.push('\n');
    }
    for stack in &audit.stacks {
        let environment = stack.environment.as_str();
        let _ = writeln!(text, "{:<30} {}  {environment}: {}", stack.name, points(stack.score.overall), stack.because);
    }
    let [p1, p2, p3] = report.counts();
    let hidden = match report.suppressed() {
        0 => String::new(),
        count => format!(", {count} suppressed"),
    };
    let files = if audit.files == 1 { "file" } else { "files" };
    let score = audit.score().map_or_else(|| "no score".to_owned(), |score| format!("score {score}/100"));
    let _ = writeln!(text, "\n{score}: {p1} P1, {p2} P2, {p3} P3{hidden} in {} {files}", audit.files);
}
