//! Conversions of whole projects: golden trees, and what holds of every conversion.
//!
//! A case is a folder `tests/convert/NAME` with `case.yaml` (what to convert) and `expected/` (what `-o` writes, and the
//! diagnostics). `WINDLASS_UPDATE=1 cargo test -p windlass-suite --test convert` rewrites what is expected; read it before
//! you commit it.
#![expect(clippy::disallowed_methods, reason = "tests read cases and write golden files")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use windlass_source::Diagnostic;
use windlass_suite::conversion::{Project, read_tree, tree};
use windlass_suite::invariants::violations;
use windlass_testkit::{shared, workspace};

/// `case.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// From the root of the workspace.
    directory: String,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    env_files: Vec<String>,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

fn cases() -> Vec<(String, Project)> {
    let folder = workspace().join("tests/convert");
    let mut names: Vec<_> = fs::read_dir(&folder).expect("tests/convert exists").flatten().map(|entry| entry.path()).collect();
    names.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path.join("case.yaml")).expect("a case has a `case.yaml`");
        let case: Case = serde_yaml::from_str(&text).expect("`case.yaml` is a case");
        let project = Project {
            directory: workspace().join(case.directory),
            files: case.files,
            env_files: case.env_files,
            profiles: case.profiles,
            environment: case.environment,
            ..Project::default()
        };
        (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), project)
    };
    names.iter().filter(|path| path.is_dir()).map(read).collect()
}

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
fn every_golden_object_is_valid_for_kubernetes() {
    for (name, _) in cases() {
        let expected = workspace().join("tests/convert").join(&name).join("expected");
        let validation = windlass_testkit::kubernetes_validate(&expected).expect("kubernetes-validate runs");
        let Some(validation) = validation else { return };
        assert_eq!(validation.errors, [""; 0], "{name}");
    }
}

/// Projects of the corpus that are as different as can be: many services, `extends`, profiles, anchors, `network_mode`, jobs,
/// builds, devices, Traefik, clusters, configs.
const CORPUS: [&str; 13] = [
    "COPRRA__coprra-platform",
    "AbdBarho__stable-diffusion-webui-docker",
    "airbytehq__airbyte",
    "apache__airflow",
    "AppFlowy-IO__AppFlowy-Cloud",
    "DefectDojo__django-DefectDojo",
    "HariSekhon__Dockerfiles__rabbitmq-cluster",
    "Haxxnet__Compose-Examples__arr-suite",
    "Haxxnet__Compose-Examples__gitlab",
    "Haxxnet__Compose-Examples__grafana-monitoring",
    "Haxxnet__Compose-Examples__immich",
    "Haxxnet__Compose-Examples__greenbone",
    "HariSekhon__Dockerfiles__hadoop",
];

/// The runsets of these projects, as the corpus lists them; of all projects with `WINDLASS_CORPUS=all`.
fn corpus_projects(corpus: &Path) -> Vec<(String, Project)> {
    let rows = fs::read_to_string(corpus.join("RUNSETS.tsv")).expect("the corpus has a list of runsets");
    let everything = std::env::var("WINDLASS_CORPUS").is_ok_and(|which| which == "all");
    let mut projects = Vec::new();
    for row in rows.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [folder, _, files, env_file, ..] = columns[..] else { continue };
        if !everything && !CORPUS.contains(&folder) {
            continue;
        }
        let project = Project {
            directory: corpus.join("compose").join(folder),
            files: files.split(';').map(str::to_owned).collect(),
            env_files: if env_file.is_empty() || env_file.ends_with("expected.yaml") { Vec::new() } else { vec![env_file.to_owned()] },
            ..Project::default()
        };
        projects.push((format!("{folder} {files}"), project));
    }
    projects
}

#[test]
fn projects_of_the_corpus_keep_what_holds_of_every_conversion() {
    let Some(corpus) = shared("corpus") else { return };
    let mut wrong = String::new();
    let mut converted = 0;
    for (name, project) in corpus_projects(&corpus) {
        let (loaded, conversion) = project.convert();
        if !loaded.is_ok() {
            continue;
        }
        converted += 1;
        for violation in violations(&loaded, &conversion) {
            let _ = writeln!(wrong, "{name}: {violation}");
        }
    }
    assert!(converted >= 20, "only {converted} runsets converted");
    assert!(wrong.is_empty(), "{wrong}");
}
