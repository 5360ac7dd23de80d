//! An audit in every format, and what the formats for programs promise.

#[path = "page/without_assets.rs"]
mod without_assets;

use insta::assert_snapshot;
use serde_json::Value;
use windlass_audit::{Context, Request, Settings, audit};
use windlass_report::audit::{AuditReport, FORMATS};
use windlass_report::human::Style;
use windlass_report::rules;
use windlass_source::MemoryFileSystem;

use self::without_assets::without_assets;

const COMPOSE: &str = "\
services:
  app:
    image: acme/app:1.4
    user: root
    environment:
      DB_HOST: db
    depends_on: [db]
  db: # windlass: ignore[CO001] asked from outside, by <the balancer> & \"others\"
    image: mysql:8.4
    ports:
      - \"3306:3306\"
    deploy:
      resources:
        limits: { cpus: '1', memory: 1G }
";
const DOCKERFILE: &str = "FROM debian:13-slim\nRUN apt-get update && apt-get install -y curl\nCMD [\"true\"]\n";

/// A few rules of different kinds, so that a new rule does not change what is expected.
const RULES: [&str; 6] = ["CO001", "CO024", "CO046", "DF001", "DF016", "DO002"];

fn rendered(format: &str) -> String {
    let files = MemoryFileSystem::new()
        .with_file("/srv/app/compose.yaml", COMPOSE)
        .with_file("/srv/app/Dockerfile", DOCKERFILE)
        .with_file("/srv/app/compose.broken.yaml", "services: [\n");
    let context = Context::load(&Request::new("/srv/app"), &files);
    let settings = Settings { select: RULES.map(str::to_owned).to_vec(), ..Settings::default() };
    let audit = audit(&context, &settings);
    let report = AuditReport { audit: &audit, context: &context, show_suppressed: true, style: Style::default() };
    let format = FORMATS.iter().find(|own| own.name == format).expect("the format is known");
    (format.render)(&report)
}

#[test]
fn every_format_is_what_it_was() {
    for format in &FORMATS {
        assert_snapshot!(format.name, without_assets(&rendered(format.name)));
    }
}

#[test]
fn json_has_the_fields_that_others_rely_on() {
    let document: Value = serde_json::from_str(&rendered("json")).expect("it is JSON");
    let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let has = |value: &Value, wanted: &[&str]| {
        let found = keys(value);
        assert!(wanted.iter().all(|key| found.iter().any(|own| own == key)), "{wanted:?} are not all of {found:?}");
    };
    has(&document, &["version", "score", "categories", "stacks", "findings", "summary"]);
    has(&document["categories"][0], &["name", "score", "compliance", "controls"]);
    has(&document["categories"][0]["controls"], &["pass", "partial", "fail", "exempt"]);
    has(&document["stacks"][0], &["name", "files", "environment", "score", "compliance", "categories"]);
    for finding in document["findings"].as_array().expect("findings are a list") {
        has(finding, &["rule", "slug", "severity", "category", "message", "location", "related", "stack", "service", "object"]);
        has(finding, &["help", "effort_minutes", "fixable", "fingerprint", "suppressed"]);
        has(&finding["location"], &["file", "line", "column", "end_line", "end_column"]);
    }
    has(&document["summary"], &["p1", "p2", "p3", "suppressed", "files", "not_understood"]);
    assert_eq!(document["summary"]["suppressed"], 1);
}

/// The objects of SARIF 2.1.0 that are written, with the properties that its schema lets each have; a `!` marks what it requires.
const SARIF: [(&str, &str); 17] = [
    ("", "$schema version! runs!"),
    ("runs", "tool! columnKind invocations results"),
    ("runs.tool", "driver!"),
    ("runs.tool.driver", "name! version rules informationUri"),
    ("runs.tool.driver.rules", "id! name shortDescription fullDescription help defaultConfiguration properties"),
    ("runs.tool.driver.rules.help", "text! markdown"),
    ("runs.tool.driver.rules.defaultConfiguration", "level"),
    ("runs.invocations", "executionSuccessful! toolExecutionNotifications"),
    ("runs.invocations.toolExecutionNotifications", "level message! descriptor locations"),
    ("runs.results", "ruleId ruleIndex level message! locations relatedLocations partialFingerprints suppressions fixes properties"),
    ("runs.results.message", "text!"),
    ("runs.results.locations", "physicalLocation id message"),
    ("runs.results.locations.physicalLocation", "artifactLocation! region"),
    ("runs.results.suppressions", "kind! justification"),
    ("runs.results.fixes", "description artifactChanges!"),
    ("runs.results.fixes.artifactChanges", "artifactLocation! replacements!"),
    ("runs.results.fixes.artifactChanges.replacements", "deletedRegion! insertedContent"),
];

#[test]
fn sarif_has_only_what_its_schema_knows() {
    fn walk(path: &str, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(path, item)),
            Value::Object(map) => {
                if let Some((_, properties)) = SARIF.iter().find(|(own, _)| *own == path) {
                    for property in properties.split(' ') {
                        let name = property.trim_end_matches('!');
                        assert!(map.contains_key(name) || name == property, "{path} lacks {name}");
                    }
                    for key in map.keys() {
                        let known = properties.split(' ').any(|property| property.trim_end_matches('!') == key);
                        assert!(known, "{path} has no {key}");
                    }
                }
                for (key, value) in map {
                    walk(format!("{path}.{key}").trim_start_matches('.'), value);
                }
            }
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&rendered("sarif")).expect("it is JSON");
    walk("", &document);
    assert_eq!(document["version"], "2.1.0");
    for result in document["runs"][0]["results"].as_array().expect("results are a list") {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64().is_some_and(|line| line > 0), "{region}");
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap_or_default()));
    }
}

#[test]
fn junit_counts_its_cases() {
    let text = rendered("junit");
    let number = |name: &str| -> usize {
        let first = text.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        first.and_then(|number| number.parse().ok()).unwrap_or_default()
    };
    assert_eq!(number("tests"), text.matches("<testcase ").count());
    assert_eq!(number("failures"), text.matches("<failure ").count());
    assert!(text.contains("&lt;the balancer&gt; &amp; &quot;others&quot;"), "{text}");
}

#[test]
fn a_rule_is_explained_and_listed() {
    let rule = windlass_audit::rules::named("CO024").next().expect("the rule is there");
    assert_snapshot!("explain", rules::explain(rule));
    for format in &rules::FORMATS {
        assert!((format.render)(&[rule]).contains("user-root"), "{}", format.name);
    }
}
