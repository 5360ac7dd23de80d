//! The conversion's report for programs. Fields may be added; none is renamed.

use serde::Serialize;
use windlass_convert::{AttributeEntry, Inferred, ServiceReport, Summary};
use windlass_k8s::ObjectRef;
use windlass_source::{Applicability, Diagnostic, Severity, SourceMap, Span};

use crate::formats::Format;
use crate::report::{Conversion, ObjectEntry};

pub(crate) const FORMAT: Format = Format { extension: "json", render };

/// The report as JSON, indented.
fn render(conversion: &Conversion<'_>) -> String {
    let Conversion { report, objects, diagnostics, sources, project: _, made: _ } = *conversion;
    let document = Document {
        version: 1,
        services: report.services.iter().map(|entry| service(entry, sources)).collect(),
        project: report.project.iter().map(|entry| attribute(entry, sources)).collect(),
        objects: objects.iter().map(|entry| object(entry, sources)).collect(),
        diagnostics: diagnostics.iter().map(|entry| diagnostic(entry, sources)).collect(),
        summary: Counts::of(report.summary()),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("every map key is text");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    services: Vec<Service<'a>>,
    project: Vec<Attribute<'a>>,
    objects: Vec<Object<'a>>,
    diagnostics: Vec<Finding<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    kind: Option<&'a str>,
    object: Option<Reference<'a>>,
    attributes: Vec<Attribute<'a>>,
    inferred: Vec<Filled<'a>>,
}

#[derive(Serialize)]
struct Reference<'a> {
    kind: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Attribute<'a> {
    path: String,
    fate: &'a str,
    becomes: Vec<String>,
    message: &'a str,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
struct Filled<'a> {
    object: String,
    path: String,
    value: &'a serde_json::Value,
    because: &'a str,
    flag: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    api_version: &'a str,
    kind: &'a str,
    name: &'a str,
    file: Option<&'a str>,
    sources: Vec<Location<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    location: Option<Location<'a>>,
    labels: Vec<Label<'a>>,
    notes: &'a [String],
    help: &'a [String],
    fixes: Vec<Fix<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    applicability: &'a str,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    location: Location<'a>,
    /// Bytes that are replaced.
    start: u32,
    end: u32,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Counts {
    mapped: usize,
    approximated: usize,
    lost: usize,
    refused: usize,
    inferred: usize,
}

impl Counts {
    fn of(summary: Summary) -> Self {
        let Summary { mapped, approximated, lost, refused, inferred } = summary;
        Self { mapped, approximated, lost, refused, inferred }
    }
}

fn location(span: Span, sources: &SourceMap) -> Location<'_> {
    let position = sources.position(span);
    Location { file: sources.file(span.file).name(), line: position.line, column: position.column }
}

fn reference(object: &ObjectRef) -> Reference<'_> {
    Reference { kind: object.kind.as_str(), name: &object.name }
}

fn service<'a>(service: &'a ServiceReport, sources: &'a SourceMap) -> Service<'a> {
    Service {
        name: &service.name,
        kind: service.workload.as_ref().map(|object| object.kind.as_str()),
        object: service.workload.as_ref().map(reference),
        attributes: service.attributes.iter().map(|entry| attribute(entry, sources)).collect(),
        inferred: service.inferred.iter().map(filled).collect(),
    }
}

fn attribute<'a>(entry: &'a AttributeEntry, sources: &'a SourceMap) -> Attribute<'a> {
    Attribute {
        path: entry.path.to_string(),
        fate: entry.fate.as_str(),
        becomes: entry.becomes.iter().map(ToString::to_string).collect(),
        message: &entry.message,
        location: entry.origin.span().map(|span| location(span, sources)),
    }
}

fn filled(entry: &Inferred) -> Filled<'_> {
    Filled {
        object: entry.object.to_string(),
        path: entry.path.to_string(),
        value: &entry.value,
        because: &entry.because,
        flag: &entry.flag,
    }
}

fn object<'a>(entry: &'a ObjectEntry, sources: &'a SourceMap) -> Object<'a> {
    Object {
        api_version: entry.api_version,
        kind: entry.object.kind.as_str(),
        name: &entry.object.name,
        file: entry.file.as_deref(),
        sources: entry.sources.iter().map(|span| location(*span, sources)).collect(),
    }
}

fn diagnostic<'a>(found: &'a Diagnostic, sources: &'a SourceMap) -> Finding<'a> {
    let fixes = found.fixes.iter().map(|fix| Fix {
        title: &fix.title,
        applicability: match fix.applicability {
            Applicability::Automatic => "automatic",
            Applicability::Suggested => "suggested",
        },
        edits: fix
            .edits
            .iter()
            .map(|edit| Edit {
                location: location(edit.span, sources),
                start: edit.span.start,
                end: edit.span.end,
                replacement: &edit.replacement,
            })
            .collect(),
    });
    Finding {
        code: found.code.0,
        severity: match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        message: &found.message,
        location: found.span().map(|span| location(span, sources)),
        labels: found.labels.iter().map(|label| Label { message: &label.message, location: location(label.span, sources) }).collect(),
        notes: &found.notes,
        help: &found.help,
        fixes: fixes.collect(),
    }
}
