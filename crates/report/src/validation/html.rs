//! The verdicts as a page for people: what is wrong first, then every object with its verdict.

use maud::{Markup, html};
use windlass_audit::Severity;
use windlass_audit::judgement::Remark;

use super::{ValidationFormat, ValidationReport, reference, status, unknown};
use crate::page::{self, Choice, Section, badge, prose, table};

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "html", extensions: &["html", "htm"], render };

fn render(report: &ValidationReport<'_>) -> String {
    let mut sections = vec![
        Section { id: "remarks", title: "What is wrong", body: remarks(report) },
        Section { id: "objects", title: "Objects", body: objects(report) },
    ];
    if !report.validation.broken.is_empty() {
        sections.insert(0, Section { id: "unreadable", title: "Unreadable", body: unreadable(report) });
    }
    if report.show_suppressed && report.judgement.suppressed() > 0 {
        sections.push(Section { id: "suppressed", title: "Suppressed", body: suppressed(report) });
    }
    let tiles = html! {
        p { (report.summary()) "." }
        ul.tiles {
            @for severity in Severity::ALL {
                @let name = severity.as_str();
                li { a href="#remarks" { strong class=(name) { (report.judgement.count(severity)) } (name) ", " (meaning(severity)) } }
            }
        }
    };
    page::render("Validation", &tiles, &sections)
}

fn meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "does not work",
        Severity::P2 => "may not work",
        Severity::P3 => "other remarks",
    }
}

fn remarks(report: &ValidationReport<'_>) -> Markup {
    let mut told: Vec<&Remark<'_>> = report.judgement.remarks.iter().filter(|remark| remark.counts()).collect();
    if told.is_empty() {
        return html! { p { "Nothing is wrong with what was checked." } };
    }
    told.sort_by_key(|remark| remark.severity);
    let choices = Severity::ALL.map(|severity| Choice { value: severity.as_str(), count: report.judgement.count(severity) });
    let kind = |remark: &Remark<'_>| report.resource(remark).map_or("(none)", |resource| resource.kind());
    let mut kinds: Vec<&str> = told.iter().map(|remark| kind(remark)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let rows = html! {
        @for remark in told {
            tr data-state=(remark.severity.as_str()) data-group=(kind(remark)) {
                td { (badge(remark.severity.as_str())) }
                th scope="row" { (prose(&remark.message)) @if !remark.message.starts_with(remark.path) { p.place { (remark.path) } } }
                td { @if let Some(resource) = report.resource(remark) { code { (reference(resource)) } } }
                td { @if let Some(span) = remark.span { span.place { (report.sources().locate(span)) } } }
                td { (prose(remark.help.unwrap_or_default())) }
                td { code { (remark.rule) } }
            }
        }
    };
    let heads = ["severity", "what", "object", "place", "remedy", "rule"];
    html! {
        (page::filter("remark-table", "Severity", &choices, "Kind", &kinds))
        (table("remark-table", "What was found, the worst first", &heads, &rows))
    }
}

fn objects(report: &ValidationReport<'_>) -> Markup {
    let rows = html! {
        @for resource in &report.validation.resources {
            @let verdict = status(resource.status);
            tr {
                th scope="row" { code { (reference(resource)) } }
                td { (badge(verdict)) }
                td { span.place { (report.sources().file(resource.file).name()) } }
                td { @if verdict == "skipped" { (prose(&unknown(resource))) } }
            }
        }
    };
    table("object-table", "Every object and the verdict on it alone", &["object", "verdict", "file", "remark"], &rows)
}

fn unreadable(report: &ValidationReport<'_>) -> Markup {
    html! {
        ul { @for broken in &report.validation.broken {
            li {
                (prose(&broken.diagnostic.message))
                @if let Some(span) = broken.diagnostic.span() { " " span.place { (report.sources().locate(span)) } }
            }
        } }
    }
}

fn suppressed(report: &ValidationReport<'_>) -> Markup {
    let rows = html! {
        @for (remark, entry) in report.judgement.remarks.iter().filter_map(|remark| Some((remark, remark.suppressed.as_ref()?))) {
            tr {
                th scope="row" { (prose(&remark.message)) }
                td { code { (remark.rule) } }
                td { @if let Some(span) = remark.span { span.place { (report.sources().locate(span)) } } }
                td { (entry.told()) }
            }
        }
    };
    table("suppressed-table", "Remarks that do not count", &["what", "rule", "place", "reason"], &rows)
}
