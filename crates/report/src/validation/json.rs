//! The verdicts for programs. Fields may be added; none is renamed.

use serde::Serialize;
use windlass_audit::judgement::{Remark, Source};
use windlass_k8s::validation::{Broken, Resource};
use windlass_k8s::validity::Status;
use windlass_source::Span;

use super::{ValidationFormat, ValidationReport, status};
use crate::place;

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "json", extensions: &["json"], render };

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    resources: Vec<Entry<'a>>,
    suppressions: Vec<Told<'a>>,
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
    severity: &'a str,
    path: &'a str,
    message: &'a str,
    location: Option<Location<'a>>,
    help: Option<&'a str>,
    fingerprint: &'a str,
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Suppressed<'a> {
    reason: &'a str,
    until: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary {
    valid: usize,
    invalid: usize,
    skipped: usize,
    errors: usize,
    not_resources: usize,
    suppressed: usize,
}

fn render(report: &ValidationReport<'_>) -> String {
    let validation = report.validation;
    // Remarks stand in the order of resources.
    let mut remarks = report.judgement.remarks.as_slice();
    let mut resources = Vec::with_capacity(validation.resources.len() + validation.broken.len());
    for (index, resource) in validation.resources.iter().enumerate() {
        let (own, rest) = remarks.split_at(remarks.partition_point(|remark| remark.resource == Some(index)));
        remarks = rest;
        resources.push(entry(resource, own, report));
    }
    resources.extend(validation.broken.iter().map(|broken| unreadable(broken, report)));
    let document = Document {
        version: 1,
        resources,
        suppressions: remarks.iter().map(|remark| told(remark, report)).collect(),
        not_checked: report.input.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect(),
        summary: Summary {
            valid: validation.count(Status::Valid),
            invalid: validation.count(Status::Invalid),
            skipped: validation.count(Status::Skipped),
            errors: validation.broken.len(),
            not_resources: validation.others.len(),
            suppressed: report.judgement.suppressed(),
        },
    };
    let mut text = serde_json::to_string_pretty(&document).expect("every map key is text");
    text.push('\n');
    text
}

fn entry<'a>(resource: &'a Resource, remarks: &'a [Remark<'a>], report: &ValidationReport<'a>) -> Entry<'a> {
    let of = |source: Source| remarks.iter().filter(move |remark| remark.source == source).map(|remark| told(remark, report)).collect();
    Entry {
        file: report.sources().file(resource.file).name(),
        document: resource.manifest.document,
        line: resource.manifest.root.span().map(|span| report.sources().position(span).line),
        api_version: resource.api_version(),
        kind: resource.kind(),
        name: resource.name(),
        namespace: resource.namespace(),
        status: status(resource.status),
        errors: of(Source::Refusal),
        findings: of(Source::Relation),
        warnings: of(Source::Warning),
    }
}

fn unreadable<'a>(broken: &'a Broken, report: &ValidationReport<'a>) -> Entry<'a> {
    let span = broken.diagnostic.span();
    Entry {
        file: report.sources().file(broken.file).name(),
        document: broken.document,
        line: span.map(|span| report.sources().position(span).line),
        api_version: "",
        kind: "",
        name: "",
        namespace: None,
        status: "error",
        errors: vec![Told {
            rule: broken.diagnostic.code.0,
            severity: "P1",
            path: "",
            message: &broken.diagnostic.message,
            location: location(span, report),
            help: broken.diagnostic.help.first().map(String::as_str),
            fingerprint: "",
            suppressed: None,
        }],
        findings: Vec::new(),
        warnings: Vec::new(),
    }
}

fn told<'a>(remark: &'a Remark<'a>, report: &ValidationReport<'a>) -> Told<'a> {
    Told {
        rule: remark.rule,
        severity: remark.severity.as_str(),
        path: remark.path,
        message: &remark.message,
        location: location(remark.span, report),
        help: remark.help,
        fingerprint: &remark.fingerprint,
        suppressed: remark.suppressed.as_ref().map(|entry| Suppressed { reason: &entry.reason, until: entry.until.as_deref() }),
    }
}

fn location<'a>(span: Option<Span>, report: &ValidationReport<'a>) -> Option<Location<'a>> {
    let place = place::location(Some(span?), report.sources());
    Some(Location { file: place.file, line: place.line, column: place.column, end_line: place.end_line, end_column: place.end_column })
}
