//! The verdicts as a document for people: the sum, then tables of what is wrong and of what was not checked.

use std::fmt::{self, Write as _};

use windlass_audit::Severity;
use windlass_audit::judgement::Remark;

use super::{ValidationFormat, ValidationReport, reference, unknown};
use crate::markdown::{cell, line};
use crate::place::location;

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "markdown", extensions: &["md"], render };

fn render(report: &ValidationReport<'_>) -> String {
    let mut text = String::new();
    write(report, &mut text).expect("a text can be written to");
    text
}

fn write(report: &ValidationReport<'_>, text: &mut String) -> fmt::Result {
    let [p1, p2, p3] = Severity::ALL.map(|severity| report.judgement.count(severity));
    writeln!(text, "# Validation\n\n{}: {p1} P1, {p2} P2, {p3} P3.", report.summary())?;
    if !report.validation.broken.is_empty() {
        writeln!(text, "\n## Unreadable\n\n| where | why |\n|---|---|")?;
    }
    for broken in &report.validation.broken {
        let place = location(broken.diagnostic.span(), report.sources());
        writeln!(text, "| `{}:{}` | {} |", cell(place.file), place.line, cell(&broken.diagnostic.message))?;
    }
    for (severity, title) in [(Severity::P1, "does not work"), (Severity::P2, "may not work"), (Severity::P3, "other remarks")] {
        let mut remarks = report.judgement.remarks.iter().filter(|remark| remark.counts() && remark.severity == severity).peekable();
        if remarks.peek().is_some() {
            writeln!(text, "\n## {severity}: {title}\n\n| rule | object | where | what | remedy |\n|---|---|---|---|---|")?;
        }
        for remark in remarks {
            row(remark, remark.help.unwrap_or_default(), report, text)?;
        }
    }
    if report.skipped().next().is_some() {
        writeln!(text, "\n## Not checked\n")?;
    }
    for resource in report.skipped() {
        let file = report.sources().file(resource.file).name();
        writeln!(text, "- `{}` in `{}`: {}", line(&reference(resource)), line(file), line(&unknown(resource)))?;
    }
    if report.show_suppressed && report.judgement.suppressed() > 0 {
        writeln!(text, "\n## Suppressed\n\n| rule | object | where | what | reason |\n|---|---|---|---|---|")?;
        for remark in &report.judgement.remarks {
            if let Some(suppressed) = &remark.suppressed {
                row(remark, &suppressed.reason, report, text)?;
            }
        }
    }
    Ok(())
}

fn row(remark: &Remark<'_>, last: &str, report: &ValidationReport<'_>, text: &mut String) -> fmt::Result {
    let place = location(remark.span, report.sources());
    let object = report.resource(remark).map(reference).unwrap_or_default();
    let (rule, message, last) = (remark.rule, cell(&remark.message), cell(last));
    writeln!(text, "| {rule} | {} | `{}:{}` | {message} | {last} |", cell(&object), cell(place.file), place.line)
}
