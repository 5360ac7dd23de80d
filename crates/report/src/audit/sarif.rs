//! SARIF for code scanning. Every rule that found something is described; a finding has its region, fingerprint, suppression and repairs.

use serde_json::{Map, Value, json};
use windlass_audit::{Finding, Rule};
use windlass_source::{Edit, Fix};

use super::{AuditFormat, AuditReport};
use crate::sarif;

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "sarif", extensions: &["sarif"], render };

fn render(report: &AuditReport<'_>) -> String {
    let mut rules: Vec<&Rule> = report.audit.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    let results: Vec<Value> = report.audit.findings.iter().map(|finding| result(finding, &rules, report)).collect();
    let notifications: Vec<Value> = report.audit.not_understood.iter().map(|entry| sarif::notification(entry, report.sources())).collect();
    sarif::document(rules.iter().map(|rule| descriptor(rule)).collect(), results, notifications)
}

fn descriptor(rule: &Rule) -> Value {
    let page = rule.page();
    let help =
        format!("{}\n\n## Why\n{}\n\n## Example\n{}\n\n## Use instead\n{}", page.what, page.why, page.example.text, page.instead.text);
    let tags: Vec<&str> = [rule.category().as_str(), rule.control.as_str()].into_iter().chain(rule.aliases.iter().copied()).collect();
    json!({
        "id": rule.id,
        "name": rule.slug,
        "shortDescription": { "text": page.title() },
        "fullDescription": { "text": page.why },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": sarif::level(rule.severity) },
        "properties": { "tags": tags, "severity": rule.severity.as_str() },
    })
}

fn result(finding: &Finding, rules: &[&Rule], report: &AuditReport<'_>) -> Value {
    let mut text = finding.message.clone();
    let because = finding.grade.because.iter().map(|because| format!("{} here: {because}", finding.grade.severity));
    for more in because.chain(finding.notes.iter().cloned()).chain(finding.help.iter().cloned()) {
        text.push_str(&format!("\n{more}"));
    }
    let mut result = Map::new();
    result.insert("ruleId".into(), finding.rule.id.into());
    result.insert("ruleIndex".into(), rules.iter().position(|rule| rule.id == finding.rule.id).into());
    result.insert("level".into(), sarif::level(finding.grade.severity).into());
    result.insert("message".into(), json!({ "text": text }));
    result.insert("locations".into(), json!([{ "physicalLocation": sarif::physical(finding.span, report.sources()) }]));
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(id, label)| {
            let text = if label.message.is_empty() { "see also" } else { label.message.as_str() };
            json!({ "id": id, "physicalLocation": sarif::physical(Some(label.span), report.sources()), "message": { "text": text } })
        });
        result.insert("relatedLocations".into(), related.collect());
    }
    result.insert("partialFingerprints".into(), json!({ "windlass/v1": finding.fingerprint }));
    // An empty list says that it was looked for suppressions and none was found.
    let suppressions = finding.suppressed.iter().map(|entry| json!({ "kind": "inSource", "justification": entry.reason }));
    result.insert("suppressions".into(), suppressions.collect());
    let fixes: Vec<Value> = finding.fixes.iter().map(|entry| fix(entry, report)).collect();
    if !fixes.is_empty() {
        result.insert("fixes".into(), fixes.into());
    }
    let stacks = finding.stacks.iter().filter_map(|index| report.audit.stacks.get(*index)).map(|stack| stack.name.as_str());
    let properties =
        json!({ "severity": finding.grade.severity.as_str(), "stacks": stacks.collect::<Vec<_>>(), "service": finding.service.as_deref() });
    result.insert("properties".into(), properties);
    Value::Object(result)
}

fn fix(fix: &Fix, report: &AuditReport<'_>) -> Value {
    let mut files: Vec<windlass_source::FileId> = fix.edits.iter().map(|edit| edit.span.file).collect();
    files.sort_unstable();
    files.dedup();
    let replacement = |edit: &Edit| json!({ "deletedRegion": sarif::region(Some(edit.span), report.sources()), "insertedContent": { "text": edit.replacement } });
    let changes = files.into_iter().map(|file| {
        let edits = fix.edits.iter().filter(|edit| edit.span.file == file).map(replacement);
        json!({ "artifactLocation": { "uri": sarif::uri(report.sources().file(file).name()) }, "replacements": edits.collect::<Vec<_>>() })
    });
    json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
}
