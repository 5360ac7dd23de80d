//! What holds for every rule: its example fires, what to use instead does not, its names are its own.
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::collections::BTreeSet;
use std::path::Path;

use windlass_audit::rule::{Check, Example, Fixability};
use windlass_audit::{Audit, Context, Request, Rule, Settings, audit, fix, rules};
use windlass_source::MemoryFileSystem;

/// The files of an example in a directory of their own.
fn files(example: &Example) -> MemoryFileSystem {
    let mut files = MemoryFileSystem::new();
    files.insert_directory("/srv/app");
    for sample in &example.files {
        files.insert(Path::new("/srv/app").join(&sample.path), sample.text.as_bytes(), 0o644);
    }
    files
}

/// Runs one rule. A suppression is judged by what the suppressed rules find, so those run too.
fn run(rule: &Rule, files: &MemoryFileSystem) -> (Context, Audit) {
    let context = Context::load(&Request::new("/srv/app"), files);
    let only = if matches!(rule.check, Check::Suppression(_)) { Settings::default() } else { Settings::only(rule) };
    let settings = Settings { today: "2026-01-31".to_owned(), ..only };
    let found = audit(&context, &settings);
    (context, found)
}

fn found<'a>(rule: &Rule, audit: &'a Audit) -> Vec<&'a str> {
    let of_rule = audit.findings.iter().filter(|finding| finding.rule.id == rule.id && finding.counts());
    of_rule.map(|finding| finding.message.as_str()).collect()
}

#[test]
fn every_example_fires_and_what_to_use_instead_does_not() {
    let mut offences = Vec::new();
    for rule in rules::all().iter().filter(|rule| rule.not_run().is_none()) {
        let page = rule.page();
        for (example, fires) in [(&page.example, true), (&page.instead, false)] {
            let (context, audit) = run(rule, &files(example));
            let messages = found(rule, &audit);
            // What one rule finds is what can't be read.
            if !context.not_understood().is_empty() && rule.slug != "schema" {
                offences.push(format!("{}: {:?}", rule.id, context.not_understood()));
            }
            if messages.is_empty() == fires {
                offences.push(format!("{} {}: {} finds {messages:?}", rule.id, rule.slug, if fires { "the example" } else { "the other" }));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn certain_repairs_repair_the_example_and_change_nothing_twice() {
    let mut offences = Vec::new();
    for rule in rules::all().iter().filter(|rule| rule.fix == Fixability::Auto) {
        let (mut context, mut audit) = run(rule, &files(&rule.page().example));
        let repairs = fix::repair(&audit.findings, context.sources(), false);
        if repairs.files.is_empty() {
            offences.push(format!("{}: nothing is repaired", rule.id));
            continue;
        }
        let mut repaired = files(&rule.page().example);
        for (file, text) in &repairs.files {
            repaired.insert(Path::new("/srv/app").join(context.sources().file(*file).name()), text.as_bytes(), 0o644);
        }
        (context, audit) = run(rule, &repaired);
        if !found(rule, &audit).is_empty() || !context.not_understood().is_empty() {
            offences.push(format!("{}: after the repair {:?} {:?}", rule.id, found(rule, &audit), context.not_understood()));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn every_rule_has_a_page_and_a_file_of_its_name() {
    for rule in rules::all() {
        let page = rule.page();
        for (part, text) in [("what", &page.what), ("why", &page.why), ("example", &page.example.text), ("instead", &page.instead.text)] {
            assert!(!text.trim().is_empty(), "{} has no {part}", rule.id);
        }
        assert!(page.what.split("\n\n").next().is_some_and(|first| first.trim_end().ends_with('.')), "{} begins with a sentence", rule.id);
        let stem = Path::new(rule.file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        assert_eq!(stem, rule.slug.replace('-', "_"), "{}", rule.id);
        assert!(rule.aliases.iter().all(|alias| alias.contains(':')), "aliases of {} name their tools", rule.id);
    }
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut ids = BTreeSet::new();
    for rule in rules::all() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        let (letters, digits) = rule.id.split_at(2);
        let is_form =
            letters.bytes().all(|byte| byte.is_ascii_uppercase()) && digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        assert!(is_form, "{}", rule.id);
    }
}

#[test]
fn a_rule_is_found_by_each_of_its_names() {
    for name in ["DF001", "df001", "healthcheck-missing", "DL3057", "hadolint:DL3057", "CKV_DOCKER_2", "DF0"] {
        assert!(rules::named(name).any(|rule| rule.id == "DF001"), "{name}");
    }
    assert!(rules::named("D").next().is_none() && rules::named("XX").next().is_none());
}

/// The aliases of the catalogue that the rules were made from.
#[test]
fn the_aliases_of_the_catalogue_are_there() {
    let Some(text) = shared("reference/audit.md") else { return };
    let mut missing = Vec::new();
    for rule in rules::all() {
        let Some(row) = text.lines().find(|line| line.starts_with(&format!("| **{}** |", rule.id))) else { continue };
        let listed = row.split('|').nth(7).unwrap_or_default().split(';').flat_map(aliases);
        missing.extend(listed.filter(|alias| !rule.is_alias(alias)).map(|alias| format!("{} lacks {alias}", rule.id)));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The rules that a part of the catalogue's cell names, `HL DL3008, DL3009`. Remarks in brackets are passed over.
fn aliases(part: &str) -> Vec<String> {
    const TOOLS: [(&str, &str); 14] = [
        ("HL", "hadolint"),
        ("BK", "buildkit"),
        ("TV", "trivy"),
        ("DK", "dockle"),
        ("DB", "docker-bench"),
        ("DC", "dclint"),
        ("KI", "kics"),
        ("KL", "kube-linter"),
        ("KS", "kube-score"),
        ("PO", "polaris"),
        ("KU", "kubescape"),
        ("KY", "kyverno"),
        ("KC", "kubesec"),
        ("DT", "datree"),
    ];
    let part = part.split('(').next().unwrap_or_default().trim();
    let (short, rest) = part.split_once(' ').unwrap_or((part, ""));
    let tool = TOOLS.iter().find(|(own, _)| *own == short).map(|(_, name)| *name);
    let ids = if tool.is_some() { rest } else { part };
    let ids = ids
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty() && !id.contains([' ', '–', '/', '.', '*']) || tool == Some("docker-bench"));
    ids.filter_map(|id| {
        let of_checkov = id.strip_prefix("CK_").map(|rest| {
            let kind = if rest.bytes().all(|byte| byte.is_ascii_digit()) { "K8S_" } else { "" };
            format!("checkov:CKV_{kind}{rest}")
        });
        of_checkov
            .or_else(|| id.strip_prefix("CK2_").map(|rest| format!("checkov:CKV2_{rest}")))
            .or_else(|| id.starts_with("CL-").then(|| format!("compose-lint:{id}")))
            .or_else(|| tool.map(|tool| format!("{tool}:{id}")))
    })
    .collect()
}

/// A file of the directory that `WINDLASS_SHARED` names, or that stands beside the workspace.
#[expect(clippy::disallowed_methods, reason = "a test reads what is compared")]
fn shared(path: &str) -> Option<String> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let directory = std::env::var_os("WINDLASS_SHARED").map_or_else(beside, Into::into);
    let text = std::fs::read_to_string(directory.join(path)).ok();
    if text.is_none() {
        println!("skipped: {} is not there", directory.join(path).display());
    }
    text
}
