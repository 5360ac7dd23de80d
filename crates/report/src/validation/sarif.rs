//! SARIF for code scanning. A remark is a result of its rule; a document that can't be read is one of the reader's.

use serde_json::{Map, Value, json};
use windlass_audit::Severity;
use windlass_audit::judgement::{Remark, title};
use windlass_k8s::validation::Broken;

use super::{ValidationFormat, ValidationReport, reference};
use crate::sarif::{document, level, notification, physical};

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "sarif", extensions: &["sarif"], render };

fn render(report: &ValidationReport<'_>) -> String {
    let mut rules: Vec<&str> = report.judgement.remarks.iter().map(|remark| remark.rule).collect();
    rules.extend(report.validation.broken.iter().map(|broken| broken.diagnostic.code.0));
    rules.sort_unstable();
    rules.dedup();
    let broken = report.validation.broken.iter().map(|broken| unreadable(broken, report));
    let results: Vec<Value> = broken.chain(report.judgement.remarks.iter().map(|remark| result(remark, &rules, report))).collect();
    let notifications = report.input.diagnostics.iter().map(|entry| notification(entry, report.sources())).collect();
    document(rules.iter().map(|rule| descriptor(rule)).collect(), results, notifications)
}

fn descriptor(rule: &str) -> Value {
    let title = match title(rule) {
        "" => "the document can't be read",
        title => title,
    };
    json!({ "id": rule, "shortDescription": { "text": title } })
}

fn result(remark: &Remark<'_>, rules: &[&str], report: &ValidationReport<'_>) -> Value {
    let mut text = report.message(remark);
    if let Some(help) = remark.help {
        text.push_str(&format!("\n{help}"));
    }
    let mut result = Map::new();
    result.insert("ruleId".into(), remark.rule.into());
    result.insert("ruleIndex".into(), rules.iter().position(|rule| *rule == remark.rule).into());
    result.insert("level".into(), level(remark.severity).into());
    result.insert("message".into(), json!({ "text": text }));
    result.insert("locations".into(), json!([{ "physicalLocation": physical(remark.span, report.sources()) }]));
    if let Some(related) = remark.related {
        let place = physical(Some(related), report.sources());
        result.insert("relatedLocations".into(), json!([{ "id": 0, "physicalLocation": place, "message": { "text": "first here" } }]));
    }
    result.insert("partialFingerprints".into(), json!({ "windlass/v1": remark.fingerprint }));
    // An empty list says that it was looked for suppressions and none was found.
    let suppressions = remark.suppressed.iter().map(|entry| json!({ "kind": "inSource", "justification": entry.reason }));
    result.insert("suppressions".into(), suppressions.collect());
    let object = report.resource(remark).map(reference);
    result.insert("properties".into(), json!({ "severity": remark.severity.as_str(), "object": object, "path": remark.path }));
    Value::Object(result)
}

fn unreadable(broken: &Broken, report: &ValidationReport<'_>) -> Value {
    json!({
        "ruleId": broken.diagnostic.code.0,
        "level": level(Severity::P1),
        "message": { "text": broken.diagnostic.message },
        "locations": [{ "physicalLocation": physical(broken.diagnostic.span(), report.sources()) }],
    })
}
