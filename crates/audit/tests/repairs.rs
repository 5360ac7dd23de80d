//! Repairs of real projects: whatever the rules change, Compose still takes, and certain repairs come to an end.
#![expect(clippy::disallowed_methods, reason = "the projects come from the disk")]

use std::path::{Path, PathBuf};

use windlass_audit::{Audit, Context, Request, Settings, audit, fix};
use windlass_source::{FileSystem, RealFileSystem};

/// Runs after which nothing may be left to repair: rules whose repairs meet at one place take turns.
const RUNS: usize = 8;

#[test]
fn repaired_projects_load_and_need_no_further_repair() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = std::env::var_os("WINDLASS_SHARED").map_or_else(|| manifest.join("../../../shared"), PathBuf::from).join("corpus/compose");
    if !corpus.is_dir() {
        println!("skipped: {} is absent", corpus.display());
        return;
    }
    let mut projects: Vec<PathBuf> = std::fs::read_dir(&corpus).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    projects.sort();
    let mut offences = Vec::new();
    // Each fourth: all of them take minutes.
    for project in projects.iter().step_by(4) {
        let project = project.canonicalize().expect("it is there");
        let real = RealFileSystem::new(&project);
        // All repairs once, then only certain ones until nothing changes.
        for suggested in [true, false] {
            let mut files = fix::Overlay::new(&real, &project);
            let (mut context, mut found) = run(&project, &files);
            let before = found.not_understood.len();
            for _ in 0..if suggested { 1 } else { RUNS } {
                let repairs = fix::repair(&found.findings, context.sources(), suggested);
                if repairs.files.is_empty() {
                    break;
                }
                for (file, text) in repairs.files {
                    files.write(context.sources().file(file).name(), text);
                }
                (context, found) = run(&project, &files);
            }
            if found.not_understood.len() > before {
                offences.push(format!("{}: {:?}", project.display(), found.not_understood));
            }
            let left = found.findings.iter().filter(|finding| !suggested && finding.fixable() == "auto").map(|finding| finding.rule.id);
            offences.extend(left.map(|rule| format!("{}: {rule} is left after {RUNS} runs", project.display())));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// What the rules over compose files find.
fn run(project: &Path, files: &dyn FileSystem) -> (Context, Audit) {
    let context = Context::load(&Request::new(project), files);
    let settings = Settings { select: vec!["CO".to_owned()], today: "2026-01-31".to_owned(), ..Settings::default() };
    let found = audit(&context, &settings);
    (context, found)
}
