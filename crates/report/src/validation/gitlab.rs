//! What counts as GitLab's code quality report.

use windlass_audit::Severity;

use super::{ValidationFormat, ValidationReport};
use crate::gitlab::{Issue, issue, report as text_of};

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "gitlab", extensions: &[], render };

fn render(report: &ValidationReport<'_>) -> String {
    let sources = report.sources();
    // A document that can't be read is known by its place.
    let places: Vec<String> =
        report.validation.broken.iter().map(|broken| format!("{}#{}", sources.file(broken.file).name(), broken.document)).collect();
    let broken = report.validation.broken.iter().zip(&places).map(|(broken, place)| {
        let diagnostic = &broken.diagnostic;
        issue(diagnostic.code.0, Severity::P1, diagnostic.span(), sources, place, diagnostic.message.clone())
    });
    let remarks = report.shown().filter(|remark| remark.counts()).map(|remark| {
        let description = format!("{}: {}", remark.rule, report.message(remark));
        issue(remark.rule, remark.severity, remark.span, sources, &remark.fingerprint, description)
    });
    text_of(&broken.chain(remarks).collect::<Vec<Issue<'_>>>())
}
