//! Workflow commands of GitHub Actions, which show remarks beside the lines of a pull request.

use windlass_audit::Severity;
use windlass_audit::judgement::title;

use super::{ValidationFormat, ValidationReport};
use crate::github::command;

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "github", extensions: &[], render };

fn render(report: &ValidationReport<'_>) -> String {
    let mut text = String::new();
    for broken in &report.validation.broken {
        let diagnostic = &broken.diagnostic;
        text.push_str(&command(Severity::P1, diagnostic.span(), report.sources(), diagnostic.code.0, &diagnostic.message));
    }
    for remark in report.shown() {
        let heading = format!("{} {}", remark.rule, title(remark.rule));
        let message = match remark.help {
            Some(help) => format!("{}\n{help}", report.message(remark)),
            None => report.message(remark),
        };
        text.push_str(&command(remark.severity, remark.span, report.sources(), &heading, &message));
    }
    text.push_str(&report.summary());
    text.push('\n');
    text
}
