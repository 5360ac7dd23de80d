//! The reports of `audit` and `validate` are valid by the schemas of their formats.

use std::path::PathBuf;

use windlass_audit::judgement::judge;
use windlass_audit::{Context, Request, Settings, audit};
use windlass_k8s::schema::Version;
use windlass_k8s::validation::{self, Input};
use windlass_report::audit::AuditReport;
use windlass_report::human::Style;
use windlass_report::validation::ValidationReport;
use windlass_report::{audit as audit_formats, validation as validation_formats};
use windlass_source::MemoryFileSystem;
use windlass_testkit::{ReportSchema, check_report};

const SCHEMAS: [(&str, ReportSchema); 2] = [("sarif", ReportSchema::Sarif), ("junit", ReportSchema::Junit)];

/// Findings of every kind: with and without place, suppressed, with repairs, and files that can't be read.
const COMPOSE: &str = "\
services:
  app:
    image: acme/app:1.4
    user: root
    environment: { DB_HOST: db, DB_PASSWORD: \"<a&b>\" }
    depends_on: [db]
  db: # windlass: ignore[CO001] asked from outside, by <the balancer> & \"others\"
    image: mysql:8.4
    ports: ['3306:3306']
";
const MANIFESTS: &str = "\
{apiVersion: v1, kind: Service, metadata: {name: a, annotations: {windlass.dev/ignore: KV050 later}}, spec: {ports: [{port: 70000}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, annotations: {windlass.dev/ignore: KV051}}, spec: {ports: [{prot: 80}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}}
---
a: [
";

#[test]
fn reports_of_an_audit_are_valid() {
    let files = MemoryFileSystem::new()
        .with_file("/srv/app/compose.yaml", COMPOSE)
        .with_file("/srv/app/Dockerfile", "FROM debian:13-slim\nRUN apt-get update && apt-get install -y curl\nCMD [\"true\"]\n")
        .with_file("/srv/app/all.yaml", MANIFESTS)
        .with_file("/srv/app/compose.broken.yaml", "services: [\n");
    let context = Context::load(&Request::new("/srv/app"), &files);
    let audit = audit(&context, &Settings::default());
    let report = AuditReport { audit: &audit, context: &context, show_suppressed: true, style: Style::default() };
    for (name, schema) in SCHEMAS {
        let text = (audit_formats::by_name(name).expect("the format is known").render)(&report);
        let Some(wrong) = check_report(schema, &text).expect("the schemas can be fetched") else { return };
        assert_eq!(wrong, Vec::<String>::new(), "{name}: {text}");
    }
}

#[test]
fn reports_of_a_validation_are_valid() {
    let files = MemoryFileSystem::new().with_file("all.yaml", MANIFESTS);
    let paths = vec![PathBuf::from("all.yaml"), PathBuf::from("nowhere.yaml")];
    let input = validation::load(&validation::Request { paths, standard_input: None }, &files);
    let validation = validation::validate(&input, &Input::default(), Version::DEFAULT);
    let judgement = judge(&input, &validation, &Settings::default());
    assert!(judgement.suppressed() == 1 && judgement.remarks.len() > 3 && !validation.broken.is_empty(), "{judgement:?}");
    let report =
        ValidationReport { input: &input, validation: &validation, judgement: &judgement, show_suppressed: true, style: Style::default() };
    for (name, schema) in SCHEMAS {
        let text = (validation_formats::by_name(name).expect("the format is known").render)(&report);
        let Some(wrong) = check_report(schema, &text).expect("the schemas can be fetched") else { return };
        assert_eq!(wrong, Vec::<String>::new(), "{name}: {text}");
    }
}

#[test]
fn what_the_schemas_forbid_is_found() {
    for (schema, text) in
        [(ReportSchema::Sarif, "{\"version\": \"2.1.0\", \"runs\": [{}]}"), (ReportSchema::Junit, "<testsuites><x/></testsuites>")]
    {
        let Some(wrong) = check_report(schema, text).expect("the schemas can be fetched") else { return };
        assert!(!wrong.is_empty(), "{schema:?}");
    }
}
