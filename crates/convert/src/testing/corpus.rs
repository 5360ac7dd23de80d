//! Every project of the shared corpus, as docker compose prints it, is converted soundly.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::project;
use super::soundness::problems;
use crate::options::Security;

/// `compose-config/` of the shared oracle; `None`, after saying so, where it is absent.
#[expect(clippy::disallowed_methods, reason = "the corpus lies outside the workspace")]
fn projects() -> Option<Vec<(String, String)>> {
    let shared = std::env::var_os("WINDLASS_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let directory = shared.join("oracle/compose-config");
    let Ok(entries) = std::fs::read_dir(&directory) else {
        println!("skipped: {} does not exist (WINDLASS_SHARED names another place)", directory.display());
        return None;
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut projects = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the file can be read");
        for line in text.lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
            if row["config"].is_object() {
                projects.push((format!("{} {}", row["folder"], row["runset"]), row["config"].to_string()));
            }
        }
    }
    Some(projects)
}

#[test]
fn every_project_of_the_corpus_is_converted_soundly() {
    let Some(projects) = projects() else { return };
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut converted = 0;
    for (name, text) in &projects {
        for level in [Security::Preserve, Security::Restricted] {
            let case = project(text).options(|options| options.security = level);
            let Some((conversion, tree)) = case.try_convert() else { break };
            converted += 1;
            for problem in problems(&conversion, &tree) {
                *found.entry(name.clone()).or_default() += 1;
                lines.push(format!("{name}, {level:?}: {problem}"));
            }
        }
    }
    assert!(converted > 2 * 700, "{converted} of twice {} projects can be read", projects.len());
    assert!(lines.is_empty(), "{} problems in {} of {} projects:\n{}", lines.len(), found.len(), projects.len(), lines.join("\n"));
}
