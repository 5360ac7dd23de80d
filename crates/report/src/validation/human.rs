//! The verdicts for people: each problem with its source line, then the sum.

use std::fmt::Write as _;

use windlass_k8s::validation::{Finding, Resource};
use windlass_k8s::validity::{Problem, Status};
use windlass_source::{Code, Diagnostic};

use super::{ValidationFormat, ValidationReport};
use crate::human;

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "human", extension: "txt", render };

fn render(report: &ValidationReport<'_>) -> String {
    let ValidationReport { input, validation, style } = report;
    let mut text = String::new();
    let mut add = |diagnostic: &Diagnostic| {
        text.push_str(&human::render(diagnostic, &input.sources, style));
        text.push('\n');
    };
    for broken in &validation.broken {
        add(&broken.diagnostic);
    }
    for resource in &validation.resources {
        for problem in &resource.problems {
            add(&diagnostic(resource, problem));
        }
        for finding in &resource.findings {
            add(&relation(resource, finding));
        }
    }
    for resource in validation.resources.iter().filter(|resource| resource.status == Status::Skipped) {
        let _ = writeln!(
            text,
            "skipped: {}: nothing is known of {} {}",
            input.sources.file(resource.file).name(),
            resource.api_version(),
            resource.kind()
        );
    }
    let counts = [
        (validation.count(Status::Valid), "valid"),
        (validation.count(Status::Invalid), "invalid"),
        (validation.count(Status::Skipped), "skipped"),
        (validation.broken.len(), "unreadable"),
        (validation.others.len(), "no resource"),
    ];
    let counts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let files = input.files.len();
    let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    let _ = writeln!(text, "{counts} in {files} {}", if files == 1 { "file" } else { "files" });
    text
}

fn reference(resource: &Resource) -> String {
    match resource.name() {
        "" => resource.kind().to_owned(),
        name => format!("{}/{name}", resource.kind()),
    }
}

fn relation(resource: &Resource, finding: &Finding) -> Diagnostic {
    let (code, message) = (Code(finding.rule), format!("{}: {}", reference(resource), finding.message));
    let diagnostic = if finding.is_error { Diagnostic::error(code, message) } else { Diagnostic::warning(code, message) };
    diagnostic.at(finding.span).label(finding.related, "first here")
}

fn diagnostic(resource: &Resource, problem: &Problem) -> Diagnostic {
    let message = format!("{}: {}", reference(resource), problem.message);
    let code = Code(problem.rule.info().id);
    let diagnostic = if problem.is_warning { Diagnostic::warning(code, message) } else { Diagnostic::error(code, message) };
    let diagnostic = diagnostic.at(problem.span);
    match &problem.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
