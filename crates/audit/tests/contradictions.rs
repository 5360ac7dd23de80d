//! `tests/audit/portal`: a stack whose files contradict each other, and `portal.tsv`, which says what has to be found where.

// The stack comes from the disk.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test that reads its cases, and says what it skips")]

use std::path::Path;

use windlass_audit::{Context, Finding, Request, Settings, audit, rules};
use windlass_source::{RealFileSystem, normalize};

#[test]
fn every_contradiction_is_found_at_its_line() {
    let directory = normalize(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audit"));
    let expected = std::fs::read_to_string(directory.join("portal.tsv")).expect("portal.tsv is there");
    let portal = directory.join("portal");
    let context = Context::load(&Request::new(&portal), &RealFileSystem::new(&portal));
    assert_eq!(context.not_understood(), []);
    let found = audit(&context, &Settings { today: "2026-01-31".to_owned(), ..Settings::default() });
    let place = |finding: &Finding| {
        let span = finding.span?;
        let source = context.sources().file(span.file);
        Some(format!("{}:{}\t{}", source.name(), source.position(span.start).line, finding.rule.id))
    };
    let places: Vec<String> = found.findings.iter().filter_map(place).collect();
    let mut missing = Vec::new();
    for line in expected.lines().filter(|line| !line.starts_with('#')) {
        let (entry, _) = line.rsplit_once('\t').expect("place, rule, reason");
        let rule = entry.split('\t').nth(1).expect("a rule");
        if rules::all().iter().all(|known| known.id != rule) {
            println!("skipped: there is no rule {rule}");
        } else if !places.iter().any(|place| place == entry) {
            missing.push(line);
        }
    }
    assert!(missing.is_empty(), "not found:\n{}", missing.join("\n"));
    // Where another file takes a setting back, nothing is wrong.
    assert!(!places.contains(&"docker/php/custom.ini:2\tPH008".to_owned()));
}
