//! The audit as a page for people: the score, what to mend first, the stacks as pictures, and how each category stands.

use maud::{Markup, html};
use windlass_audit::score::State;
use windlass_audit::{Finding, Severity};

use super::{AuditFormat, AuditReport};
use crate::formats::svg::Picture;
use crate::graph::Graph;
use crate::page::{self, Choice, Section, badge, count, prose, table};

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "html", extensions: &["html", "htm"], render };

fn render(report: &AuditReport<'_>) -> String {
    let mut sections = vec![
        Section { id: "findings", title: "Findings", body: findings(report) },
        Section { id: "stacks", title: "Stacks", body: stacks(report) },
        Section { id: "categories", title: "Categories", body: categories(report) },
        Section { id: "controls", title: "Controls", body: controls(report) },
    ];
    if !report.audit.not_understood.is_empty() {
        sections.push(Section { id: "not-understood", title: "Not understood, and so not checked", body: not_understood(report) });
    }
    if report.show_suppressed && report.suppressed() > 0 {
        sections.push(Section { id: "suppressed", title: "Suppressed", body: suppressed(report) });
    }
    page::render("Audit", &lead(report), &sections)
}

fn lead(report: &AuditReport<'_>) -> Markup {
    let [p1, p2, p3] = report.counts();
    let score = report.audit.score().map_or_else(|| "–".to_owned(), |score| score.to_string());
    html! {
        p { (count(report.audit.files, "file")) " and " (count(report.audit.stacks.len(), "stack")) " were checked. The score is that of the weakest stack." }
        ul.tiles {
            li { strong { (score) } "of 100" }
            @for (number, state, meaning) in [(p1, "P1", "must be mended"), (p2, "P2", "should be mended"), (p3, "P3", "is nice to have")] {
                li { a href="#findings" title=(meaning) { strong class=(state) { (number) } (state) ", " (meaning) } }
            }
        }
    }
}

fn findings(report: &AuditReport<'_>) -> Markup {
    let mut found: Vec<&Finding> = report.audit.findings.iter().filter(|finding| finding.counts()).collect();
    if found.is_empty() {
        return html! { p { "Nothing was found." } };
    }
    found.sort_by_key(|finding| finding.grade.severity);
    let choices = Severity::ALL.map(|severity| Choice { value: severity.as_str(), count: report.audit.count(severity) });
    let mut groups: Vec<&str> = found.iter().map(|finding| finding.rule.category().as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    let rows = html! { @for finding in found { (row(finding, report)) } };
    html! {
        (page::filter("finding-table", "Severity", &choices, "Category", &groups))
        (table("finding-table", "What was found, the worst first", &["severity", "finding", "place", "why, and what to do", "rule"], &rows))
    }
}

fn row(finding: &Finding, report: &AuditReport<'_>) -> Markup {
    let sources = report.sources();
    let effort = usize::from(finding.rule.effort);
    html! {
        tr data-state=(finding.grade.severity.as_str()) data-group=(finding.rule.category().as_str()) {
            td { (badge(finding.grade.severity.as_str())) }
            th scope="row" { (prose(&finding.message)) @if let Some(service) = &finding.service { p.place { "service " (service) } } }
            td { @if let Some(span) = finding.span { span.place { (sources.locate(span)) } } @else { "the project as a whole" } }
            td {
                @if let Some(because) = &finding.grade.because { p { (prose(because)) } }
                @for note in &finding.notes { p { (prose(note)) } }
                @for help in &finding.help { p { (prose(help)) } }
                @if finding.fixable() == "auto" { p { code { "windlass fix" } " repairs it" } }
            }
            td { code title=(finding.rule.page().what) { (finding.rule.id) } " " (finding.rule.slug) p.place { "about " (effort) " min" } }
        }
    }
}

fn stacks(report: &AuditReport<'_>) -> Markup {
    let percent = |value: Option<u32>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    let rows = html! {
        @for stack in &report.audit.stacks {
            tr {
                th scope="row" { (stack.name) }
                td { (stack.files.join(", ")) }
                td { (stack.environment.as_str()) ": " (prose(&stack.because)) }
                td.number { (percent(stack.score.overall)) }
                td.number { (percent(stack.score.compliance())) " %" }
            }
        }
    };
    html! {
        (table("stack-table", "The stacks that the files form", &["stack", "files", "environment", "score", "compliance"], &rows))
        @for stack in report.context.stacks() {
            @let graph = Graph::of_project(stack.project());
            @if !graph.is_empty() {
                @let prefix = format!("s{}-", stack.index());
                figure {
                    div.scroll role="region" tabindex="0" aria-label=(format!("Picture of {}", stack.name())) { (Picture::of(&graph).figure(&prefix)) }
                    figcaption { "The services of " (stack.name()) " and what they need" }
                }
            }
        }
    }
}

fn categories(report: &AuditReport<'_>) -> Markup {
    let rows = html! {
        @for entry in &report.audit.total.categories {
            @let tally = entry.tally;
            tr {
                th scope="row" { (entry.category.as_str()) }
                td.number { (entry.score) }
                td.number { (tally.compliance().map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"))) }
                @for number in [tally.pass, tally.partial, tally.fail, tally.exempt] { td.number { (number) } }
            }
        }
    };
    table(
        "category-table",
        "Scores of all files together",
        &["category", "score", "compliance", "pass", "partial", "fail", "exempt"],
        &rows,
    )
}

fn controls(report: &AuditReport<'_>) -> Markup {
    let rows = html! {
        @for entry in &report.audit.total.controls {
            tr {
                th scope="row" { (entry.control.as_str()) }
                td { (entry.control.category().as_str()) }
                td { (badge(state(entry.state))) }
                td.number { (entry.failing) " of " (entry.applicable) }
            }
        }
    };
    table("control-table", "What was checked, and how it stands", &["control", "category", "state", "found"], &rows)
}

fn state(state: State) -> &'static str {
    match state {
        State::Pass => "pass",
        State::Partial => "partial",
        State::Fail => "fail",
        State::Exempt => "exempt",
    }
}

fn not_understood(report: &AuditReport<'_>) -> Markup {
    html! {
        ul { @for diagnostic in &report.audit.not_understood {
            li {
                (prose(&diagnostic.message))
                @if let Some(span) = diagnostic.span() { " " span.place { (report.sources().locate(span)) } }
            }
        } }
    }
}

fn suppressed(report: &AuditReport<'_>) -> Markup {
    let rows = html! {
        @for (finding, entry) in report.audit.findings.iter().filter_map(|finding| Some((finding, finding.suppressed.as_ref()?))) {
            tr {
                th scope="row" { (prose(&finding.message)) }
                td { (finding.rule.id) " " (finding.rule.slug) }
                td { @if let Some(span) = finding.span { span.place { (report.sources().locate(span)) } } }
                td { (entry.told()) }
            }
        }
    };
    table("suppressed-table", "Findings that do not count", &["finding", "rule", "place", "reason"], &rows)
}
