//! `windlass validate` against the recorded verdicts of a real API server: one manifest a defect (`oracle/D001.yaml` …) and valid
//! controls. Prints the table.

#![expect(clippy::disallowed_methods, reason = "reads what was recorded")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use windlass_k8s::read::{self, Manifest};
use windlass_k8s::schema::{CustomKinds, Version};
use windlass_k8s::validation::check_objects;
use windlass_k8s::validity::{self, Status, Verdict};
use windlass_source::SourceMap;
use windlass_suite::projects::{Selection, cases, corpus};
use windlass_suite::verdicts::{paths, without_indices};
use windlass_testkit::shared;
use windlass_yaml::Budget;

fn manifests(text: &str) -> Vec<Manifest> {
    let mut sources = SourceMap::new();
    let file = sources.add("manifest.yaml", text);
    let read = read::read(file, text, &Budget::default());
    assert!(read.broken.is_empty(), "{:?}", read.broken);
    read.objects
}

fn verdict(text: &str) -> Verdict {
    let mut verdicts = manifests(text).into_iter().map(|manifest| validity::validate(&manifest, Version::DEFAULT, &CustomKinds::default()));
    verdicts.next().expect("one object")
}

#[test]
fn the_oracles_defects_are_found_at_the_servers_own_paths() {
    let Some(oracle) = shared("oracle") else { return };
    let results: Vec<Value> = serde_json::from_slice(&fs::read(oracle.join("results.json")).expect("results")).expect("JSON");
    let mut table = BTreeMap::<&str, usize>::new();
    let mut lines = Vec::new();
    for result in &results {
        let text = |key: &str| result[key].as_str().unwrap_or_default();
        let (id, class, message) = (text("id"), text("cls"), text("api_msg"));
        let accepted = result["api_status"] == 201;
        let input = match id {
            "D129" => {
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: cfg }}\ndata: {{ a: \"{}\" }}\n", "a".repeat((1 << 20) + 1))
            }
            id => match fs::read_to_string(oracle.join(format!("{id}.yaml"))) {
                Ok(text) => text,
                Err(_) => continue,
            },
        };
        let verdict = verdict(&input);
        let is_static = matches!(class, "schema" | "semantic" | "control");
        if accepted {
            *table.entry("accepted").or_default() += 1;
            if verdict.status == Status::Invalid {
                *table.entry("accepted, but called invalid").or_default() += 1;
                lines.push(format!("{id}: the server accepts it: {:?}", verdict.problems));
            }
            for warning in result["api_warn"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !is_static {
                    continue;
                }
                *table.entry("warnings").or_default() += 1;
                let said = warning.trim_start_matches("299 - ").trim_matches('"').replace("\\\"", "\"");
                match verdict.problems.iter().any(|problem| problem.is_warning && problem.message == said) {
                    true => *table.entry("warnings, word for word").or_default() += 1,
                    false => lines.push(format!("{id}: no warning {said}: {:?}", verdict.problems)),
                }
            }
            continue;
        }
        if !is_static {
            *table.entry("refused for what only a cluster knows").or_default() += 1;
            continue;
        }
        *table.entry("refused, decidable").or_default() += 1;
        if verdict.status != Status::Invalid {
            lines.push(format!("{id}: not found: {message}"));
            continue;
        }
        *table.entry("refused, found").or_default() += 1;
        let expected = paths(message);
        let ours: BTreeSet<String> = verdict
            .problems
            .iter()
            .filter(|problem| !problem.is_warning)
            .map(|problem| if message.contains("Go struct field") { without_indices(&problem.path) } else { problem.path.clone() })
            .collect();
        // Some messages of decoding name no field.
        match expected.is_empty() || expected.is_subset(&ours) {
            true => *table.entry("refused, paths equal").or_default() += 1,
            false => lines.push(format!("{id}: {ours:?} is not {expected:?}")),
        }
        if verdict.problems.iter().any(|problem| message.contains(&problem.message)) {
            *table.entry("refused, in the server's words").or_default() += 1;
        }
    }
    for line in &lines {
        println!("{line}");
    }
    for (what, count) in &table {
        println!("{count:>5}  {what}");
    }
    let count = |what: &str| table.get(what).copied().unwrap_or(0);
    assert_eq!(count("accepted, but called invalid"), 0);
    assert!(count("refused, found") >= 118 && count("refused, decidable") >= 122);
    assert!(count("refused, paths equal") * 100 >= count("refused, decidable") * 95);
}

/// The API server accepts all of these too: `api_server.rs`.
#[test]
fn what_convert_writes_is_valid() {
    let mut projects = cases();
    if let Some(directory) = shared("corpus") {
        projects.extend(corpus(&directory, Selection::from_environment(Selection::Wide)));
    }
    let (mut objects, mut wrong) = (0, Vec::new());
    for (name, project) in projects {
        let (loaded, conversion) = project.convert();
        if !loaded.is_ok() {
            continue;
        }
        objects += conversion.objects.len();
        let told = check_objects(&conversion.objects, Version::DEFAULT);
        wrong.extend(told.iter().filter(|told| told.is_error()).map(|told| format!("{name}: {}", told.message)));
    }
    println!("{objects} objects");
    assert!(objects > 100);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
