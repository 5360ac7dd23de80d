//! The verdicts for people: each remark with its source line, then the sum.

use std::fmt::Write as _;

use windlass_audit::Severity;
use windlass_audit::judgement::Remark;
use windlass_source::{Code, Diagnostic, Severity as Level};

use super::{ValidationFormat, ValidationReport, unknown};
use crate::human;

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "human", extensions: &["txt"], render };

fn render(report: &ValidationReport<'_>) -> String {
    let mut text = String::new();
    let mut add = |diagnostic: &Diagnostic| {
        text.push_str(&human::render(diagnostic, report.sources(), &report.style));
        text.push('\n');
    };
    report.validation.broken.iter().for_each(|broken| add(&broken.diagnostic));
    report.shown().for_each(|remark| add(&diagnostic(remark, report)));
    for resource in report.skipped() {
        let _ = writeln!(text, "skipped: {}: {}", report.sources().file(resource.file).name(), unknown(resource));
    }
    let _ = writeln!(text, "{}", report.summary());
    text
}

fn diagnostic(remark: &Remark<'_>, report: &ValidationReport<'_>) -> Diagnostic {
    let level = match remark.severity {
        Severity::P1 => Level::Error,
        Severity::P2 => Level::Warning,
        Severity::P3 => Level::Note,
    };
    let mut diagnostic =
        Diagnostic::new(Code(remark.rule), level, report.message(remark)).at(remark.span).label(remark.related, "first here");
    if let Some(suppressed) = &remark.suppressed {
        diagnostic = diagnostic.because(suppressed.told());
    }
    match remark.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
