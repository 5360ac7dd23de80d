//! Conversions of whole projects: golden trees, and what holds of every conversion.
//!
//! A case is a folder `tests/convert/NAME` with `case.yaml` (what to convert) and `expected/` (what `-o` writes, and the
//! diagnostics). `WINDLASS_UPDATE=1 cargo test -p windlass-suite --test convert` rewrites what is expected; read it before
//! you commit it.
#![expect(clippy::disallowed_methods, reason = "tests read cases and write golden files")]

use std::fmt::Write as _;
use std::fs;

use windlass_convert::{Summary, convert_objects};
use windlass_source::{Diagnostic, RealFileSystem};
use windlass_suite::conversion::{Project, read_tree, tree};
use windlass_suite::invariants::violations;
use windlass_suite::projects::{Selection, cases, corpus};
use windlass_testkit::{shared, workspace};

fn told(diagnostics: &[Diagnostic], sources: &windlass_source::SourceMap) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let place = diagnostic.span().map(|span| sources.locate(span)).unwrap_or_default();
        let _ = writeln!(text, "{:?}[{}] {place}: {}", diagnostic.severity, diagnostic.code, diagnostic.message);
    }
    text
}

#[test]
fn every_case_gives_its_golden_tree() {
    let update = std::env::var_os("WINDLASS_UPDATE").is_some();
    let mut wrong = Vec::new();
    for (name, project) in cases() {
        let (loaded, conversion) = project.convert();
        assert!(loaded.is_ok(), "{name}: {}", told(&loaded.diagnostics, &loaded.sources));
        let mut actual = tree(&conversion, &loaded);
        actual.insert("diagnostics.txt".to_owned(), told(&conversion.diagnostics, &loaded.sources));
        let expected = workspace().join("tests/convert").join(&name).join("expected");
        if update {
            let _ = fs::remove_dir_all(&expected);
            for (path, text) in &actual {
                let path = expected.join(path);
                fs::create_dir_all(path.parent().unwrap_or(&expected)).expect("writable");
                fs::write(path, text).expect("writable");
            }
        }
        let stored = read_tree(&expected);
        let paths = actual.keys().chain(stored.keys().filter(|path| !actual.contains_key(*path)));
        wrong.extend(paths.filter(|path| actual.get(*path) != stored.get(*path)).map(|path| format!("{name}: {path}")));
    }
    assert!(wrong.is_empty(), "not as expected (WINDLASS_UPDATE=1 rewrites):\n{}", wrong.join("\n"));
}

#[test]
fn every_case_keeps_what_holds_of_every_conversion() {
    let mut wrong = String::new();
    for (name, project) in cases() {
        let (loaded, conversion) = project.convert();
        for violation in violations(&loaded, &conversion) {
            let _ = writeln!(wrong, "{name}: {violation}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_case_converts_to_the_same_bytes_again() {
    for (name, project) in cases() {
        let (loaded, first) = project.convert();
        let (again, second) = project.convert();
        assert_eq!(tree(&first, &loaded), tree(&second, &again), "{name}");
    }
}

#[test]
fn every_case_gives_the_same_where_nobody_reads_the_report() {
    for (name, project) in cases() {
        let (loaded, whole) = project.convert();
        let objects = project.convert_by(convert_objects, &loaded, &RealFileSystem::new(&project.directory));
        assert_eq!(tree(&whole, &loaded), tree(&objects, &loaded), "{name}");
        assert_eq!(told(&whole.diagnostics, &loaded.sources), told(&objects.diagnostics, &loaded.sources), "{name}");
    }
}

#[test]
fn every_golden_object_is_valid_for_kubernetes() {
    for (name, _) in cases() {
        let expected = workspace().join("tests/convert").join(&name).join("expected");
        let validation = windlass_testkit::kubernetes_validate(&expected).expect("kubernetes-validate runs");
        let Some(validation) = validation else { return };
        assert_eq!(validation.errors, [""; 0], "{name}");
    }
}

#[test]
fn projects_of_the_corpus_keep_what_holds_of_every_conversion() {
    let Some(directory) = shared("corpus") else { return };
    let mut wrong = String::new();
    let mut converted = 0;
    let mut total = Summary::default();
    for (name, project) in corpus(&directory, Selection::from_environment(Selection::Varied)) {
        let everything = Project { profiles: vec!["*".to_owned()], ..project.clone() };
        for project in [project, everything] {
            let (loaded, conversion) = project.convert();
            if !loaded.is_ok() {
                continue;
            }
            converted += 1;
            let Summary { mapped, approximated, lost, refused, inferred } = conversion.report.summary();
            total.mapped += mapped;
            total.approximated += approximated;
            total.lost += lost;
            total.refused += refused;
            total.inferred += inferred;
            for violation in violations(&loaded, &conversion) {
                let _ = writeln!(wrong, "{name} {:?}: {violation}", project.profiles);
            }
        }
    }
    println!(
        "result: {converted} conversions: {} values mapped, {} approximated, {} lost, {} refused, each with its reason; {} fields inferred; \
         {} violations",
        total.mapped,
        total.approximated,
        total.lost,
        total.refused,
        total.inferred,
        wrong.lines().count()
    );
    assert!(converted >= 20, "only {converted} runsets converted");
    assert!(wrong.is_empty(), "{wrong}");
}
