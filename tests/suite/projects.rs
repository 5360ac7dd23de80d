//! The projects that tests convert: the cases of `tests/convert`, and the corpus of public compose files where it is present.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use windlass_testkit::workspace;

use crate::conversion::Project;

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

/// The cases of `tests/convert` by name.
///
/// # Panics
/// When a case is none.
pub fn cases() -> Vec<(String, Project)> {
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

/// Which runsets of the corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Projects that are as different as can be.
    Varied,
    /// The same, and the first runset of every sixth folder.
    Wide,
    /// Every runset.
    All,
}

impl Selection {
    /// All with `WINDLASS_CORPUS=all`, else the given one.
    pub fn from_environment(otherwise: Self) -> Self {
        if std::env::var("WINDLASS_CORPUS").is_ok_and(|which| which == "all") { Self::All } else { otherwise }
    }
}

/// Projects of the corpus that are as different as can be: many services, `extends`, profiles, anchors, `network_mode`, jobs,
/// builds, devices, Traefik, clusters, configs.
const VARIED: [&str; 13] = [
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

/// Runsets of the corpus in `directory`, as its list has them, by folder and files.
///
/// # Panics
/// When there is no list.
pub fn corpus(directory: &Path, selection: Selection) -> Vec<(String, Project)> {
    let rows = fs::read_to_string(directory.join("RUNSETS.tsv")).expect("the corpus has a list of runsets");
    let mut seen = BTreeSet::new();
    let mut projects = Vec::new();
    for row in rows.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [folder, _, files, env_file, ..] = columns[..] else { continue };
        let is_first = seen.insert(folder);
        let chosen = match selection {
            Selection::Varied => VARIED.contains(&folder),
            Selection::Wide => VARIED.contains(&folder) || (is_first && seen.len() % 6 == 0),
            Selection::All => true,
        };
        if !chosen {
            continue;
        }
        let project = Project {
            directory: directory.join("compose").join(folder),
            files: files.split(';').map(str::to_owned).collect(),
            env_files: if env_file.is_empty() || env_file.ends_with("expected.yaml") { Vec::new() } else { vec![env_file.to_owned()] },
            ..Project::default()
        };
        projects.push((format!("{folder} {files}"), project));
    }
    projects
}
