//! The verdicts for programs. Fields may be added; none is renamed.

use serde::Serialize;
use windlass_k8s::validation::{Broken, Finding, Resource};
use windlass_k8s::validity::{Problem, Status};
use windlass_source::{SourceMap, Span};

use super::{ValidationFormat, ValidationReport};

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "json", extension: "json", render };

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    resources: Vec<Entry<'a>>,
    not_checked: Vec<&'a str>,
    summary: Summary,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    file: &'a str,
    document: usize,
    line: Option<u32>,
    api_version: &'a str,
    kind: &'a str,
    name: &'a str,
    namespace: Option<&'a str>,
    status: &'a str,
    errors: Vec<Told<'a>>,
    findings: Vec<Told<'a>>,
    warnings: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    rule: &'a str,
    path: &'a str,
    message: &'a str,
    location: Option<Location<'a>>,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Summary {
    valid: usize,
    invalid: usize,
    skipped: usize,
    errors: usize,
    not_resources: usize,
}

fn render(report: &ValidationReport<'_>) -> String {
    let (sources, validation) = (&report.input.sources, report.validation);
    let resources = validation.resources.iter().map(|resource| entry(resource, sources));
    let broken = validation.broken.iter().map(|broken| unreadable(broken, sources));
    let document = Document {
        version: 1,
        resources: resources.chain(broken).collect(),
        not_checked: report.input.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect(),
        summary: Summary {
            valid: validation.count(Status::Valid),
            invalid: validation.count(Status::Invalid),
            skipped: validation.count(Status::Skipped),
            errors: validation.broken.len(),
            not_resources: validation.others.len(),
        },
    };
    let mut text = serde_json::to_string_pretty(&document).expect("every map key is text");
    text.push('\n');
    text
}

fn entry<'a>(resource: &'a Resource, sources: &'a SourceMap) -> Entry<'a> {
    let told = |is_warning: bool| {
        let chosen = resource.problems.iter().filter(move |problem| problem.is_warning == is_warning);
        chosen.map(|problem| told(problem, sources)).collect()
    };
    Entry {
        file: sources.file(resource.file).name(),
        document: resource.manifest.document,
        line: resource.manifest.root.span().map(|span| sources.position(span).line),
        api_version: resource.api_version(),
        kind: resource.kind(),
        name: resource.name(),
        namespace: resource.namespace(),
        status: match resource.status {
            Status::Valid => "valid",
            Status::Invalid => "invalid",
            Status::Skipped => "skipped",
        },
        errors: told(false),
        findings: resource.findings.iter().map(|finding| relation(finding, sources)).collect(),
        warnings: told(true),
    }
}

fn unreadable<'a>(broken: &'a Broken, sources: &'a SourceMap) -> Entry<'a> {
    let span = broken.diagnostic.span();
    Entry {
        file: sources.file(broken.file).name(),
        document: broken.document,
        line: span.map(|span| sources.position(span).line),
        api_version: "",
        kind: "",
        name: "",
        namespace: None,
        status: "error",
        errors: vec![Told {
            rule: broken.diagnostic.code.0,
            path: "",
            message: &broken.diagnostic.message,
            location: location(span, sources),
            help: broken.diagnostic.help.first().map(String::as_str),
        }],
        findings: Vec::new(),
        warnings: Vec::new(),
    }
}

fn relation<'a>(finding: &'a Finding, sources: &'a SourceMap) -> Told<'a> {
    Told { rule: finding.rule, path: &finding.path, message: &finding.message, location: location(finding.span, sources), help: None }
}

fn told<'a>(problem: &'a Problem, sources: &'a SourceMap) -> Told<'a> {
    Told {
        rule: problem.rule.info().id,
        path: &problem.path,
        message: &problem.message,
        location: location(problem.span, sources),
        help: problem.help.as_deref(),
    }
}

fn location(span: Option<Span>, sources: &SourceMap) -> Option<Location<'_>> {
    let span = span?;
    let position = sources.position(span);
    Some(Location { file: sources.file(span.file).name(), line: position.line, column: position.column })
}
