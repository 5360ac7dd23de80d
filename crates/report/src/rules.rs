//! The catalogue of rules: one rule explained, all of them listed, the pages of the documentation.

use std::fmt::Write as _;

use serde::Serialize;
use windlass_audit::Rule;

/// A format of the list of rules.
#[derive(Debug)]
pub struct ListFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// The list in this format, with a line break at its end.
    pub render: fn(&[&Rule]) -> String,
}

/// Every format of the list; the first one is the default.
pub static FORMATS: [ListFormat; 3] = [
    ListFormat { name: "human", render: human },
    ListFormat { name: "json", render: json },
    ListFormat { name: "markdown", render: table },
];

/// A rule for a person at a terminal.
pub fn explain(rule: &Rule) -> String {
    let page = rule.page();
    let mut text = format!("{} {} ({}, {})\n\n{}\n", rule.id, rule.slug, rule.severity, rule.category().as_str(), page.what);
    let mut section = |title: &str, body: &str| {
        if !body.is_empty() {
            let _ = write!(text, "\n{title}\n{}\n", indented(body));
        }
    };
    section("Why", &page.why);
    section("Example", &fences_off(&page.example.text));
    section("Use instead", &fences_off(&page.instead.text));
    section("More", &page.more);
    let _ = writeln!(text, "\nControl: {}   Repair: {}   About {} minutes", rule.control.as_str(), rule.fix.as_str(), rule.effort);
    if !rule.aliases.is_empty() {
        let _ = writeln!(text, "Elsewhere: {}", rule.aliases.join(", "));
    }
    let _ = writeln!(text, "Leave out one place: # windlass: ignore[{}] REASON", rule.id);
    text
}

/// A rule as a section of a page.
pub fn section(rule: &Rule) -> String {
    let page = rule.page();
    let mut text = format!("## {} {}\n\n{}\n\n", rule.id, rule.slug, page.what);
    let _ = writeln!(
        text,
        "{} · {} · control `{}` · repair: {}",
        rule.severity,
        rule.category().as_str(),
        rule.control.as_str(),
        rule.fix.as_str()
    );
    if !rule.aliases.is_empty() {
        let _ = writeln!(text, "\nElsewhere: {}", rule.aliases.iter().map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", "));
    }
    let _ = write!(text, "\n### Why\n{}\n\n### Example\n{}\n\n### Use instead\n{}\n", page.why, page.example.text, page.instead.text);
    if !page.more.is_empty() {
        let _ = write!(text, "\n{}", page.more.replace("## ", "### "));
    }
    text
}

/// Examples at a terminal: the file's name instead of the fences.
fn fences_off(text: &str) -> String {
    let mut out = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(fence) => {
                is_open = !is_open;
                if let Some((_, path)) = fence.split_once(' ') {
                    out.push(format!("{path}:"));
                }
            }
            None => out.push(line.to_owned()),
        }
    }
    out.join("\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") }).collect::<Vec<_>>().join("\n")
}

fn human(rules: &[&Rule]) -> String {
    let width = rules.iter().map(|rule| rule.slug.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in rules {
        let _ = writeln!(text, "{} {} {:width$}  {}", rule.id, rule.severity, rule.slug, rule.page().title());
    }
    text
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    slug: &'a str,
    severity: &'a str,
    category: &'a str,
    control: &'a str,
    target: &'a str,
    title: String,
    why: String,
    aliases: &'a [&'a str],
    seed: &'a str,
    fixable: &'a str,
    effort_minutes: u16,
}

fn entry(rule: &Rule) -> Entry<'_> {
    let page = rule.page();
    Entry {
        id: rule.id,
        slug: rule.slug,
        severity: rule.severity.as_str(),
        category: rule.category().as_str(),
        control: rule.control.as_str(),
        target: rule.check.target(),
        title: page.title(),
        why: page.why,
        aliases: rule.aliases,
        seed: rule.seed,
        fixable: rule.fix.as_str(),
        effort_minutes: rule.effort,
    }
}

fn json(rules: &[&Rule]) -> String {
    let entries: Vec<Entry<'_>> = rules.iter().map(|rule| entry(rule)).collect();
    let mut text = serde_json::to_string_pretty(&entries).expect("every map key is text");
    text.push('\n');
    text
}

/// The list as a table of Markdown.
pub fn table(rules: &[&Rule]) -> String {
    let mut text = String::from("| rule | severity | category | finds | repair | elsewhere |\n|---|---|---|---|---|---|\n");
    for rule in rules {
        let title = rule.page().title().replace('|', "\\|");
        let aliases: Vec<String> = rule.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let (severity, category, fix) = (rule.severity, rule.category().as_str(), rule.fix.as_str());
        let _ = writeln!(text, "| {} {} | {severity} | {category} | {title} | {fix} | {} |", rule.id, rule.slug, aliases.join(", "));
    }
    text
}
