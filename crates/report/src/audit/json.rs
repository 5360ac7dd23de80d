//! The audit for programs. Fields may be added; none is renamed.

use serde::Serialize;
use windlass_audit::score::{CategoryScore, Score};
use windlass_audit::{Finding, StackResult};
use windlass_source::{Diagnostic, Span};

use super::{AuditFormat, AuditReport};
use crate::place::location;

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "json", extensions: &["json"], render };

fn render(report: &AuditReport<'_>) -> String {
    let audit = report.audit;
    let [p1, p2, p3] = report.counts();
    let document = Document {
        version: 1,
        score: audit.score(),
        categories: categories(&audit.total),
        stacks: audit.stacks.iter().map(stack).collect(),
        findings: audit.findings.iter().map(|entry| finding(entry, report)).collect(),
        exemptions: audit.exemptions.iter().map(|entry| Exempt { rule: entry.rule, reason: &entry.reason }).collect(),
        not_run: audit.not_run.iter().map(|(rule, reason)| NotRun { rule: rule.id, slug: rule.slug, reason }).collect(),
        notes: report.notes().map(|(id, message)| Note { id, message }).collect(),
        summary: Summary {
            p1,
            p2,
            p3,
            suppressed: report.suppressed(),
            files: audit.files,
            not_understood: audit.not_understood.iter().map(|entry| unread(entry, report)).collect(),
        },
    };
    let mut text = serde_json::to_string_pretty(&document).expect("every map key is text");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    score: Option<u32>,
    categories: Vec<Category<'a>>,
    stacks: Vec<Stack<'a>>,
    findings: Vec<Found<'a>>,
    exemptions: Vec<Exempt<'a>>,
    not_run: Vec<NotRun<'a>>,
    notes: Vec<Note<'a>>,
    summary: Summary<'a>,
}

#[derive(Serialize)]
struct Category<'a> {
    name: &'a str,
    score: u32,
    compliance: Option<u32>,
    controls: Controls,
}

#[derive(Serialize)]
struct Controls {
    pass: u32,
    partial: u32,
    fail: u32,
    exempt: u32,
}

#[derive(Serialize)]
struct Stack<'a> {
    name: &'a str,
    files: &'a [String],
    environment: &'a str,
    because: &'a str,
    score: Option<u32>,
    compliance: Option<u32>,
    categories: Vec<Category<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    rule: &'a str,
    slug: &'a str,
    severity: &'a str,
    /// Why the severity is not the rule's own.
    because: Option<&'a str>,
    category: &'a str,
    control: &'a str,
    message: &'a str,
    location: Place<'a>,
    related: Vec<Place<'a>>,
    stack: Option<&'a str>,
    stacks: Vec<&'a str>,
    service: Option<&'a str>,
    object: Option<&'a str>,
    notes: &'a [String],
    help: String,
    effort_minutes: u16,
    fixable: &'a str,
    fingerprint: &'a str,
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
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

/// A rule that files can't answer.
#[derive(Serialize)]
struct NotRun<'a> {
    rule: &'a str,
    slug: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Note<'a> {
    id: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Exempt<'a> {
    rule: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Summary<'a> {
    p1: usize,
    p2: usize,
    p3: usize,
    suppressed: usize,
    files: usize,
    not_understood: Vec<Unread<'a>>,
}

#[derive(Serialize)]
struct Unread<'a> {
    code: &'a str,
    message: &'a str,
    location: Option<Place<'a>>,
}

fn categories(score: &Score) -> Vec<Category<'_>> {
    let one = |entry: &CategoryScore| {
        let tally = entry.tally;
        let controls = Controls { pass: tally.pass, partial: tally.partial, fail: tally.fail, exempt: tally.exempt };
        Category { name: entry.category.as_str(), score: entry.score, compliance: tally.compliance(), controls }
    };
    score.categories.iter().map(one).collect()
}

fn stack(stack: &StackResult) -> Stack<'_> {
    Stack {
        name: &stack.name,
        files: &stack.files,
        environment: stack.environment.as_str(),
        because: &stack.because,
        score: stack.score.overall,
        compliance: stack.score.compliance(),
        categories: categories(&stack.score),
    }
}

fn place<'a>(span: Option<Span>, report: &AuditReport<'a>) -> Place<'a> {
    let place = location(span, report.sources());
    Place { file: place.file, line: place.line, column: place.column, end_line: place.end_line, end_column: place.end_column }
}

fn finding<'a>(finding: &'a Finding, report: &AuditReport<'a>) -> Found<'a> {
    let stacks = finding.stacks.iter().filter_map(|index| report.audit.stacks.get(*index)).map(|stack| stack.name.as_str());
    Found {
        rule: finding.rule.id,
        slug: finding.rule.slug,
        severity: finding.grade.severity.as_str(),
        because: finding.grade.because.as_deref(),
        category: finding.rule.category().as_str(),
        control: finding.rule.control.as_str(),
        message: &finding.message,
        location: place(finding.span, report),
        related: finding.related.iter().map(|label| place(Some(label.span), report)).collect(),
        stack: report.stack(finding),
        stacks: stacks.collect(),
        service: finding.service.as_deref(),
        object: finding.object.as_deref(),
        notes: &finding.notes,
        help: finding.help.join("; "),
        effort_minutes: finding.rule.effort,
        fixable: finding.fixable(),
        fingerprint: &finding.fingerprint,
        suppressed: finding.suppressed.as_ref().map(|entry| Suppressed { reason: &entry.reason, until: entry.until.as_deref() }),
    }
}

fn unread<'a>(diagnostic: &'a Diagnostic, report: &AuditReport<'a>) -> Unread<'a> {
    Unread { code: diagnostic.code.0, message: &diagnostic.message, location: diagnostic.span().map(|span| place(Some(span), report)) }
}
