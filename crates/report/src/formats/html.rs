//! The conversion's report as a page for people: what needs attention first, the picture, every attribute with the line that says it, and
//! what was filled in. Text of files is escaped by the templates; credentials are not shown.

mod excerpt;

use maud::{Markup, html};
use windlass_convert::{AttributeEntry, Fate, Inferred, Report, Summary};
use windlass_source::{Diagnostic, Severity, SourceMap, Span};
use windlass_yaml::Segment;

use self::excerpt::{Excerpt, Excerpts};
use crate::formats::Format;
use crate::formats::svg::Picture;
use crate::graph::Graph;
use crate::page::{self, Choice, Section, badge, count, prose, table};
use crate::report::{Conversion, ObjectEntry};

pub(crate) const FORMAT: Format = Format { extension: "html", render };

/// The worst first.
const ORDER: [Fate; 4] = [Fate::Refused, Fate::Lost, Fate::Approximated, Fate::Mapped];

fn render(conversion: &Conversion<'_>) -> String {
    let Conversion { report, objects, diagnostics, sources, project, made } = *conversion;
    let excerpts = Excerpts::of(conversion);
    let graph = Graph::of_conversion(project, report, made);
    let told = diagnostics.iter().filter(|found| found.severity != Severity::Note).count();
    let mut sections = vec![
        Section { id: "attention", title: "What needs attention", body: attention(report, told) },
        Section { id: "picture", title: "Picture", body: picture(&graph) },
        Section { id: "services", title: "Services", body: services(report) },
        Section { id: "attributes", title: "Attributes", body: attributes(report, sources, &excerpts) },
    ];
    if report.summary().inferred > 0 {
        sections.push(Section { id: "inferred", title: "What was filled in", body: inferences(report) });
    }
    if !diagnostics.is_empty() {
        sections.push(Section { id: "findings", title: "Findings", body: findings(diagnostics, sources) });
    }
    sections.push(Section { id: "objects", title: "Objects", body: made_objects(objects, sources) });
    let name = if project.name.is_empty() { "a project" } else { project.name.as_str() };
    page::render(&format!("Conversion of {name}"), &lead(report, objects.len()), &sections)
}

fn lead(report: &Report, objects: usize) -> Markup {
    let Summary { mapped, approximated, lost, refused, inferred } = report.summary();
    html! {
        p { (count(report.services.len(), "service")) " became " (count(objects, "Kubernetes object")) "." }
        ul.tiles {
            (tile(refused, "refused", "would be broken or unsafe, and was left out", "attributes"))
            (tile(lost, "lost", "has no counterpart in Kubernetes", "attributes"))
            (tile(approximated, "approximated", "works, but differs", "attributes"))
            (tile(mapped, "mapped", "means the same", "attributes"))
            @if inferred > 0 { (tile(inferred, "inferred", "nobody wrote it; Windlass filled it in", "inferred")) }
        }
    }
}

fn tile(number: usize, state: &str, meaning: &str, section: &str) -> Markup {
    html! { li { a href=(format!("#{section}")) title=(meaning) { strong class=(state) { (number) } (state) } } }
}

fn attention(report: &Report, findings: usize) -> Markup {
    let left_out: Vec<&AttributeEntry> = sorted(report).filter(|entry| matches!(entry.fate, Fate::Refused | Fate::Lost)).collect();
    html! {
        @if left_out.is_empty() {
            p { "Nothing was refused or lost. Attributes that were " (badge("approximated")) " work, but differ: see " a href="#attributes" { "below" } "." }
        } @else {
            p { (count(left_out.len(), "attribute")) " did not make it into the cluster. " (badge("refused")) " would be broken or unsafe there; " (badge("lost")) " has no counterpart." }
            ul { @for entry in &left_out {
                li { (badge(entry.fate.as_str())) " " code { (entry.path) } @if !entry.message.is_empty() { ": " (prose(&entry.message)) } }
            } }
        }
        @if findings > 0 { p { "There " (if findings == 1 { "is " } else { "are " }) a href="#findings" { (count(findings, "finding")) } " on the project and its objects." } }
    }
}

fn picture(graph: &Graph) -> Markup {
    html! {
        figure {
            div.scroll role="region" tabindex="0" aria-label="Picture of the project" { (Picture::of(graph).part("")) }
            figcaption { "A service leads to its row below. What a service needs stands to its right." }
        }
    }
}

fn services(report: &Report) -> Markup {
    let rows = html! {
        @for service in &report.services {
            @let of = |fate: Fate| service.attributes.iter().filter(|entry| entry.fate == fate).count();
            tr id=(format!("service-{}", service.name)) {
                th scope="row" { (service.name) }
                td { @match &service.workload { Some(object) => code { (object) }, None => "nothing" } }
                @for fate in ORDER { td.number { (of(fate)) } }
                td.number { (service.inferred.len()) }
                td { a href="#attributes" data-show=(service.name) data-table="attribute-table" { "attributes of " (service.name) } }
            }
        }
    };
    table(
        "service-table",
        "Services and what became of them",
        &["service", "becomes", "refused", "lost", "approximated", "mapped", "inferred", "see"],
        &rows,
    )
}

fn attributes(report: &Report, sources: &SourceMap, excerpts: &Excerpts<'_>) -> Markup {
    let choices = ORDER.map(|fate| Choice { value: fate.as_str(), count: report.attributes().filter(|entry| entry.fate == fate).count() });
    let mut groups: Vec<&str> = report.services.iter().map(|service| service.name.as_str()).collect();
    if !report.project.is_empty() {
        groups.push("(project)");
    }
    let rows = html! { @for entry in sorted(report) { (attribute(entry, sources, excerpts)) } };
    html! {
        (page::filter("attribute-table", "Fate", &choices, "Service", &groups))
        (table("attribute-table", "Every attribute of the project, what needs attention first", &["fate", "attribute", "written", "becomes", "remark"], &rows))
    }
}

fn attribute(entry: &AttributeEntry, sources: &SourceMap, excerpts: &Excerpts<'_>) -> Markup {
    let group = match &entry.path.segments()[..] {
        [Segment::Key(top), Segment::Key(service), ..] if top == "services" => service.to_string(),
        _ => "(project)".to_owned(),
    };
    html! {
        tr data-state=(entry.fate.as_str()) data-group=(group) {
            td { (badge(entry.fate.as_str())) }
            th scope="row" { code { (entry.path) } }
            td { @if let Some(span) = entry.origin.span() { (place(span, sources)) (line(&excerpts.line(span))) } }
            td { (list(entry.becomes.iter().map(ToString::to_string))) }
            td { (prose(&entry.message)) }
        }
    }
}

fn place(span: Span, sources: &SourceMap) -> Markup {
    html! { span.place { (sources.locate(span)) } }
}

fn line(excerpt: &Excerpt) -> Markup {
    html! { code.line { (excerpt.before) mark { (excerpt.marked) } (excerpt.after) } }
}

fn list(items: impl Iterator<Item = String>) -> Markup {
    let items: Vec<String> = items.collect();
    html! {
        @match &items[..] {
            [] => "",
            [one] => code { (one) },
            many => ul { @for item in many { li { code { (item) } } } },
        }
    }
}

fn inferences(report: &Report) -> Markup {
    let row = |entry: &Inferred| {
        html! {
            tr {
                th scope="row" { code { (entry.object) " " (entry.path) } }
                td { code { (entry.value) } }
                td { (prose(&entry.because)) }
                td { code { (entry.flag) } }
            }
        }
    };
    let rows = html! { @for entry in report.services.iter().flat_map(|service| &service.inferred) { (row(entry)) } };
    table("inferred-table", "Nobody wrote these; Windlass filled them in", &["field", "value", "because", "decide otherwise with"], &rows)
}

fn findings(diagnostics: &[Diagnostic], sources: &SourceMap) -> Markup {
    let mut found: Vec<&Diagnostic> = diagnostics.iter().collect();
    found.sort_by_key(|diagnostic| match diagnostic.severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    });
    let rows = html! {
        @for diagnostic in found {
            tr {
                td { (badge(severity(diagnostic))) }
                th scope="row" { (prose(&diagnostic.message)) }
                td { @if let Some(span) = diagnostic.span() { (place(span, sources)) } }
                td { @for told in diagnostic.notes.iter().chain(&diagnostic.help) { p { (prose(told)) } } }
                td { code { (diagnostic.code) } }
            }
        }
    };
    table(
        "finding-table",
        "What was found on the way, the worst first",
        &["severity", "finding", "place", "why, and what to do", "code"],
        &rows,
    )
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn made_objects(objects: &[ObjectEntry], sources: &SourceMap) -> Markup {
    let rows = html! {
        @for entry in objects {
            tr {
                th scope="row" { code { (entry.object) } }
                td { (entry.api_version) }
                td { @if let Some(file) = &entry.file { code { (file) } } }
                td { (list(entry.sources.iter().map(|span| sources.locate(*span)))) }
            }
        }
    };
    table("object-table", "Every object, in the order in which they are applied", &["object", "API", "file", "from"], &rows)
}

/// Every attribute, the worst fate first, in the order of the report otherwise.
fn sorted(report: &Report) -> impl Iterator<Item = &AttributeEntry> {
    ORDER.into_iter().flat_map(|fate| report.attributes().filter(move |entry| entry.fate == fate))
}
