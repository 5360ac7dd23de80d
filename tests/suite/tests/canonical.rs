//! The merged canonical file (`windlass config`) converts to the same objects as its sources, once references to ConfigMaps and
//! Secrets are resolved to values: which values are credentials is partly known by the variables that they came from, which the
//! canonical file has no more.
#![expect(clippy::disallowed_methods, reason = "the canonical file is written beside the project for the loader")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde_json::{Map, Value};
use windlass_compose::{Request, config};
use windlass_convert::Conversion;
use windlass_source::RealFileSystem;
use windlass_suite::conversion::Project;
use windlass_suite::invariants::written;
use windlass_suite::projects::{Selection, cases, corpus};
use windlass_testkit::shared;

/// Runsets whose canonical file says less than their sources, with the reason.
const EXCEPT: [(&str, &str); 3] = [
    ("OpenCTI-Platform__docker docker-compose.yml", "a short key in a health check is known by its variable alone"),
    ("OpenCTI-Platform__docker docker-compose.opensearch.yml", "as above"),
    ("compose-spec__compose-go__inline__loader loader/loader/TestLoadUnitBytes.yaml", "docker compose refuses the `-1` that it prints"),
];

#[test]
fn every_case_converts_alike_from_its_canonical_file() {
    let mut wrong = String::new();
    for (name, project) in cases() {
        check(&name, &project, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn projects_of_the_corpus_convert_alike_from_their_canonical_files() {
    let Some(directory) = shared("corpus") else { return };
    let mut wrong = String::new();
    let mut compared = 0;
    for (name, project) in corpus(&directory, Selection::from_environment(Selection::Varied)) {
        if EXCEPT.iter().all(|(known, _)| *known != name) {
            compared += usize::from(check(&name, &project, &mut wrong));
        }
    }
    println!(
        "result: {compared} runsets compared, {} differences, {} runsets excepted with their reason",
        wrong.lines().count(),
        EXCEPT.len()
    );
    assert!(compared >= 20, "only {compared} runsets compared");
    assert!(wrong.is_empty(), "{wrong}");
}

/// Converts both and notes where they differ; false for what docker compose refuses.
fn check(name: &str, project: &Project, wrong: &mut String) -> bool {
    let (loaded, from_sources) = project.convert();
    if !loaded.is_ok() {
        return false;
    }
    let place = tempfile::tempdir().expect("a temporary directory");
    let file = place.path().join("canonical.yaml");
    fs::write(&file, config::yaml(&loaded)).expect("writable");
    let mut request = Request::new(&project.directory);
    request.files = vec![file.display().to_string()];
    request.project_directory = Some(loaded.directory.clone());
    request.profiles.clone_from(&project.profiles);
    let files = RealFileSystem::new(&project.directory);
    let canonical = windlass_compose::load(&request, &files);
    if !canonical.is_ok() {
        let _ = writeln!(wrong, "{name}: the canonical file is refused: {:?}", canonical.diagnostics.first());
        return true;
    }
    let from_canonical = project.convert_loaded(&canonical, &files);
    let (ours, theirs) = (resolved(&from_sources), resolved(&from_canonical));
    for key in ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key))) {
        let (one, other) = (ours.get(key), theirs.get(key));
        if one != other {
            let place = first_difference(one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null));
            let _ = writeln!(wrong, "{name}: {key} {place}");
        }
    }
    true
}

/// The objects without ConfigMaps and Secrets, whose values stand where they are used; hashes are taken out of names.
fn resolved(conversion: &Conversion) -> BTreeMap<String, Value> {
    let mut holders: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut jobs: Vec<String> = Vec::new();
    for object in conversion.objects.iter() {
        let tree = written(object);
        match object.kind().as_str() {
            kind @ ("ConfigMap" | "Secret") => {
                let data = |field: &str| tree.get(field).and_then(Value::as_object).cloned().unwrap_or_default();
                let mut content = Map::new();
                for (key, value) in data("data") {
                    let text = value.as_str().unwrap_or_default();
                    content.insert(key, if kind == "Secret" { decoded(text) } else { text.into() });
                }
                content.extend(data("binaryData").into_iter().map(|(key, value)| (key, decoded(value.as_str().unwrap_or_default()))));
                holders.insert(format!("{kind}/{}", object.name()), content);
            }
            "Job" => jobs.push(object.name().to_owned()),
            _ => {}
        }
    }
    let mut objects = BTreeMap::new();
    for object in conversion.objects.iter().filter(|object| !matches!(object.kind().as_str(), "ConfigMap" | "Secret")) {
        let mut tree = written(object);
        resolve(&mut tree, &holders);
        let mut text = tree.to_string();
        let mut name = object.name().to_owned();
        for job in &jobs {
            let plain = job.rsplit_once('-').map_or(job.as_str(), |(plain, _)| plain);
            text = text.replace(job, plain);
            name = name.replace(job, plain);
        }
        let tree = serde_json::from_str(&text).expect("names are plain");
        objects.insert(format!("{}/{name}", object.kind()), tree);
    }
    objects
}

fn decoded(text: &str) -> Value {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
    String::from_utf8(bytes).map_or_else(|_| text.into(), Value::from)
}

/// Puts values in place of references: of variables, of volumes, of `$(NAME)` in commands.
fn resolve(tree: &mut Value, holders: &BTreeMap<String, Map<String, Value>>) {
    match tree {
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, holders)),
        Value::Object(map) => {
            for (field, kind, name) in [("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")] {
                let Some(source) = map.get(field) else { continue };
                let Some(content) = source.get(name).and_then(Value::as_str).and_then(|name| holders.get(&format!("{kind}/{name}"))) else {
                    continue;
                };
                let items = source.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
                let path_of = |key: &str| {
                    let item = items.iter().find(|item| item["key"] == key);
                    item.and_then(|item| item["path"].as_str()).unwrap_or(key).to_owned()
                };
                let files: Map<String, Value> = content.iter().map(|(key, value)| (path_of(key), value.clone())).collect();
                map.remove(field);
                map.insert("files".to_owned(), Value::Object(files));
            }
            if map.contains_key("env") || map.contains_key("args") || map.contains_key("command") {
                container(map, holders);
            }
            map.values_mut().for_each(|value| resolve(value, holders));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Variables of a container, and where its commands take them up.
fn container(map: &mut Map<String, Value>, holders: &BTreeMap<String, Map<String, Value>>) {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut own: Vec<String> = Vec::new();
    for variable in map.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(variable) = variable.as_object_mut() else { continue };
        let name = variable["name"].as_str().unwrap_or_default().to_owned();
        let reference = variable.get("valueFrom").and_then(|from| from.get("secretKeyRef"));
        let value = reference.and_then(|from| holders.get(&format!("Secret/{}", from["name"].as_str()?))?.get(from["key"].as_str()?));
        if let Some(value) = value.and_then(Value::as_str).map(str::to_owned) {
            variable.remove("valueFrom");
            // As a literal would have been escaped.
            variable.insert("value".to_owned(), value.replace("$(", "$$(").into());
            values.insert(name.clone(), value);
        }
        if name.starts_with("WINDLASS_") {
            own.push(name);
        }
    }
    if let Some(env) = map.get_mut("env").and_then(Value::as_array_mut) {
        env.retain(|variable| !own.iter().any(|name| variable["name"] == name.as_str()));
        if env.is_empty() {
            map.remove("env");
        }
    }
    for field in ["args", "command"] {
        for word in map.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            let mut text = word.as_str().unwrap_or_default().to_owned();
            for (name, value) in &values {
                text = text.replace(&format!("$({name})"), &value.replace("$(", "$$("));
            }
            *word = text.into();
        }
    }
}

/// Where two values differ first.
fn first_difference(one: &Value, other: &Value) -> String {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            let differs = |key: &&&String| a.get(**key) != b.get(**key);
            keys.iter().find(differs).map_or_else(String::new, |key| {
                format!(".{key}{}", first_difference(a.get(*key).unwrap_or(&Value::Null), b.get(*key).unwrap_or(&Value::Null)))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or_default();
            format!("[{at}]{}", first_difference(&a[at], &b[at]))
        }
        _ => format!(": {one} | {other}"),
    }
}
