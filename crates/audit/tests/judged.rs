//! `tests/audit/judged.tsv`: findings on real projects that a person has judged, and what comes of them now.
//!
//! `right`: it has to be found. `wrong`: it must not be. `missed`: another tool finds it, rightly, and no rule does; when one does, the
//! line has to say `right`.

// The projects come from the disk.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test that reads its cases, and says what it skips")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use windlass_audit::{Context, Request, Settings, audit};
use windlass_source::RealFileSystem;

/// A line of the table.
struct Judged<'a> {
    file: &'a str,
    line: u32,
    rule: &'a str,
    verdict: &'a str,
}

#[test]
fn judged_findings_are_as_they_were_judged() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = std::env::var_os("WINDLASS_SHARED").map_or_else(|| manifest.join("../../../shared"), PathBuf::from).join("corpus");
    if !corpus.is_dir() {
        println!("skipped: {} is absent", corpus.display());
        return;
    }
    let corpus = corpus.canonicalize().expect("it is there");
    let table = std::fs::read_to_string(manifest.join("../../tests/audit/judged.tsv")).expect("judged.tsv is there");
    let rows: Vec<Judged<'_>> = table.lines().filter(|line| !line.starts_with('#')).map(row).collect();
    let mut projects: BTreeMap<&str, Vec<&Judged<'_>>> = BTreeMap::new();
    for judged in &rows {
        // A project is a directory of the second level.
        let end = judged.file.match_indices('/').nth(1).map_or(judged.file.len(), |(at, _)| at);
        projects.entry(&judged.file[..end]).or_default().push(judged);
    }
    let mut offences = Vec::new();
    for (project, judged) in projects {
        let found = findings(&corpus.join(project));
        for Judged { file, line, rule, verdict } in judged {
            let path = file.strip_prefix(project).unwrap_or(file).trim_start_matches('/').to_owned();
            let is_found = found.contains(&(path, *line, (*rule).to_owned()));
            if is_found != (*verdict == "right") {
                offences.push(format!("{file}:{line} {rule} was judged {verdict}, and is {}found", if is_found { "" } else { "not " }));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
    let count = |verdict: &str| rows.iter().filter(|judged| judged.verdict == verdict).count();
    let (right, wrong, missed) = (count("right"), count("wrong"), count("missed"));
    println!("{right} right, {wrong} wrong and gone, {missed} missed");
    assert!(missed * 50 <= right, "more than 2 % are missed: {missed} of {right}");
}

fn row(line: &str) -> Judged<'_> {
    let mut fields = line.split('\t');
    let mut next = || fields.next().unwrap_or_default();
    let judged = Judged { file: next(), line: next().parse().unwrap_or_default(), rule: next(), verdict: next() };
    assert!(["right", "wrong", "missed"].contains(&judged.verdict) && !next().is_empty(), "{line}");
    judged
}

/// File, line and rule of what is found in a project.
fn findings(project: &Path) -> BTreeSet<(String, u32, String)> {
    let context = Context::load(&Request::new(project), &RealFileSystem::new(project));
    let found = audit(&context, &Settings { today: "2026-01-31".to_owned(), ..Settings::default() });
    let place = |finding: &windlass_audit::Finding| {
        let span = finding.span?;
        let source = context.sources().file(span.file);
        Some((source.name().to_owned(), source.position(span.start).line, finding.rule.id.to_owned()))
    };
    found.findings.iter().filter_map(place).collect()
}
