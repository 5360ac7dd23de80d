//! The audit as a document for people: what counts first, then a chapter for each category with what is there and what is wrong, the
//! order of repairs with its effort, and what the stacks ask of a machine.

mod chapters;
mod resources;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use windlass_audit::score::State;
use windlass_audit::{Category, Finding, Rule, Severity};

use super::{AuditFormat, AuditReport};
use crate::markdown::{cell, line};
use crate::place::location;

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "markdown", extensions: &["md"], render };

fn render(report: &AuditReport<'_>) -> String {
    let mut text = String::new();
    write(report, &mut text).expect("a text can be written to");
    text
}

/// The chapters before the list of issues, and those after it.
const BEFORE: [Category; 10] = [
    Category::Dockerfile,
    Category::Compose,
    Category::Networking,
    Category::Persistence,
    Category::Security,
    Category::Image,
    Category::Health,
    Category::Orchestration,
    Category::Configuration,
    Category::Validation,
];
const AFTER: [Category; 3] = [Category::Monitoring, Category::Backup, Category::Documentation];

fn write(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    executive_summary(report, text)?;
    for category in BEFORE {
        chapter(category, report, text)?;
    }
    issues(report, text)?;
    compliance(report, text)?;
    for category in AFTER {
        chapter(category, report, text)?;
    }
    resources::write(report, text)?;
    chapter_body(Category::Resources, report, text)?;
    not_run(report, text)?;
    action_plan(report, text)?;
    suppressed(report, text)
}

fn executive_summary(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    let audit = report.audit;
    let [p1, p2, p3] = report.counts();
    writeln!(text, "# Audit report\n\n## Executive summary\n")?;
    let score = audit.score().map_or_else(|| "none".to_owned(), |score| format!("{score}/100"));
    let verdict = if p1 > 0 { "not ready for production" } else { "ready for production" };
    writeln!(text, "**Overall score: {score}**, {verdict}: {p1} P1, {p2} P2, {p3} P3 in {} files.\n", audit.files)?;
    writeln!(text, "| stack | environment | score | compliance |\n|---|---|--:|--:|")?;
    for stack in &audit.stacks {
        let percent = |value: Option<u32>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let (score, compliance) = (percent(stack.score.overall), percent(stack.score.compliance()));
        let environment = stack.environment.as_str();
        writeln!(text, "| `{}` | {environment}: {} | {score} | {compliance} % |", cell(&stack.name), cell(&stack.because))?;
    }
    for (id, note) in report.notes() {
        writeln!(text, "\n{id}: {note}.")?;
    }
    writeln!(text, "\n## Key findings\n\n| category | score | P1 | P2 | P3 | compliance |\n|---|--:|--:|--:|--:|--:|")?;
    for entry in audit.total.categories.iter().filter(|entry| entry.category.is_key()) {
        let count = |severity| {
            let of_category = counting(report).filter(|finding| finding.rule.category() == entry.category);
            of_category.filter(|finding| finding.grade.severity == severity).count()
        };
        let [p1, p2, p3] = Severity::ALL.map(count);
        let compliance = entry.tally.compliance().map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"));
        writeln!(text, "| {} | {}/100 | {p1} | {p2} | {p3} | {compliance} |", entry.category.as_str(), entry.score)?;
    }
    Ok(())
}

fn chapter(category: Category, report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    let Some(score) = report.audit.total.of(category) else { return Ok(()) };
    writeln!(text, "\n## {}\n\nScore: {score}/100", category.as_str())?;
    chapters::facts(category, report, text)?;
    chapter_body(category, report, text)
}

/// The controls of a category and what was found in it.
fn chapter_body(category: Category, report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    let mut controls = report.audit.total.controls.iter().filter(|entry| entry.control.category() == category).peekable();
    if controls.peek().is_some() {
        writeln!(text, "\n| control | state | found |\n|---|---|--:|")?;
    }
    for entry in controls {
        writeln!(text, "| {} | {} | {} of {} |", entry.control.as_str(), state(entry.state), entry.failing, entry.applicable)?;
    }
    for (rule, findings) in by_rule(counting(report).filter(|finding| finding.rule.category() == category)) {
        writeln!(text, "\n**{} {}**: {}\n", rule.id, rule.slug, line(&rule.page().title()))?;
        for finding in findings {
            place(finding, report, text)?;
        }
    }
    Ok(())
}

/// A finding as an item of a list.
fn place(finding: &Finding, report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    let place = location(finding.span, report.sources());
    let because = finding.grade.because.as_deref().map(|because| format!(" ({})", line(because))).unwrap_or_default();
    let (severity, message) = (finding.grade.severity, line(&finding.message));
    writeln!(text, "- {severity} `{}:{}`: {message}{because}", place.file, place.line)
}

fn issues(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n## Critical issues and fixes")?;
    for (severity, title) in [(Severity::P1, "must fix"), (Severity::P2, "should fix"), (Severity::P3, "nice to have")] {
        let groups = by_rule(counting(report).filter(|finding| finding.grade.severity == severity));
        if groups.is_empty() {
            continue;
        }
        writeln!(text, "\n### {severity}: {title}\n\n| rule | what | where | remedy |\n|---|---|---|---|")?;
        for (rule, findings) in groups {
            let help = findings.iter().find_map(|finding| finding.help.first()).map(|help| cell(help)).unwrap_or_default();
            let title = cell(&rule.page().title());
            writeln!(text, "| {} {} | {title} | {} | {help} |", rule.id, rule.slug, places(&findings, report))?;
        }
    }
    Ok(())
}

/// Up to three places, and how many more.
fn places(findings: &[&Finding], report: &AuditReport<'_>) -> String {
    let named = findings.iter().take(3).map(|finding| {
        let place = location(finding.span, report.sources());
        format!("`{}:{}`", cell(place.file), place.line)
    });
    let named: Vec<String> = named.collect();
    match findings.len().checked_sub(3) {
        Some(more) if more > 0 => format!("{} and {more} more", named.join(", ")),
        _ => named.join(", "),
    }
}

fn compliance(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n## Compliance\n\n| category | pass | partial | fail | exempt | compliance |\n|---|--:|--:|--:|--:|--:|")?;
    for entry in &report.audit.total.categories {
        let tally = entry.tally;
        let percent = tally.compliance().map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"));
        let (pass, partial, fail, exempt) = (tally.pass, tally.partial, tally.fail, tally.exempt);
        writeln!(text, "| {} | {pass} | {partial} | {fail} | {exempt} | {percent} |", entry.category.as_str())?;
    }
    if !report.audit.exemptions.is_empty() {
        writeln!(text, "\nExempt:\n")?;
        let mut told: Vec<(&str, &str)> = report.audit.exemptions.iter().map(|entry| (entry.rule, entry.reason.as_str())).collect();
        told.dedup();
        for (rule, reason) in told {
            writeln!(text, "- {rule}: {}", line(reason))?;
        }
    }
    Ok(())
}

/// What an audit of files can't know.
fn not_run(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n## Not run\n")?;
    writeln!(text, "Files were read and nothing was started, so these are not known:\n")?;
    for what in [
        "whether the images build and the services start",
        "whether health checks pass",
        "the sizes of images, unless a file of measurements says them",
    ] {
        writeln!(text, "- {what}")?;
    }
    report.audit.not_run.iter().try_for_each(|(rule, reason)| writeln!(text, "- {} {}: {reason}", rule.id, rule.slug))
}

fn action_plan(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    writeln!(text, "\n## Action plan")?;
    let titles = [(Severity::P1, "before production"), (Severity::P2, "next"), (Severity::P3, "later")];
    let mut total = 0;
    for (severity, title) in titles {
        let groups = by_rule(counting(report).filter(|finding| finding.grade.severity == severity));
        if groups.is_empty() {
            continue;
        }
        writeln!(text, "\n### {severity}: {title}\n\n| step | places | files | estimate |\n|---|--:|---|--:|")?;
        let mut minutes = 0;
        for (rule, findings) in groups {
            let own = effort(rule, findings.len());
            minutes += own;
            let mut files: Vec<&str> = findings.iter().map(|finding| location(finding.span, report.sources()).file).collect();
            files.sort_unstable();
            files.dedup();
            let files: Vec<String> = files.iter().map(|file| format!("`{}`", cell(file))).collect();
            let step = cell(&rule.page().title());
            writeln!(text, "| {} {step} | {} | {} | {own} min |", rule.id, findings.len(), files.join(", "))?;
        }
        writeln!(text, "| **{severity} in all** | | | **{}** |", hours(minutes))?;
        total += minutes;
    }
    writeln!(text, "\nEstimated effort: {}. Repairs that `windlass fix` makes cost less.", hours(total))
}

/// Minutes for a rule's findings: the first one whole, each further one half, since it is the same again.
fn effort(rule: &Rule, findings: usize) -> usize {
    let one = usize::from(rule.effort);
    one + one * findings.saturating_sub(1) / 2
}

fn hours(minutes: usize) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn suppressed(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    if !report.show_suppressed || report.suppressed() == 0 {
        return Ok(());
    }
    writeln!(text, "\n## Suppressed\n\n| rule | where | reason | until |\n|---|---|---|---|")?;
    for finding in report.audit.findings.iter() {
        let Some(entry) = &finding.suppressed else { continue };
        let until = entry.until.as_deref().unwrap_or("–");
        writeln!(text, "| {} | {} | {} | {} |", finding.rule.id, places(&[finding], report), cell(&entry.reason), cell(until))?;
    }
    Ok(())
}

fn counting<'a>(report: &AuditReport<'a>) -> impl Iterator<Item = &'a Finding> {
    report.audit.findings.iter().filter(|finding| finding.counts())
}

/// Findings by rule, the worst rules first, then by id.
fn by_rule<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<(&'static Rule, Vec<&'a Finding>)> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry(finding.rule.id).or_default().push(finding);
    }
    let mut groups: Vec<_> = groups.into_values().map(|findings| (findings[0].rule, findings)).collect();
    groups.sort_by_key(|(rule, findings)| (findings.iter().map(|finding| finding.grade.severity).min(), rule.id));
    groups
}

fn state(state: State) -> &'static str {
    match state {
        State::Pass => "pass",
        State::Partial => "**partial**",
        State::Fail => "**fail**",
        State::Exempt => "exempt",
    }
}
