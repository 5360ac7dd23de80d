//! Trees of files rendered by the tools that people render them with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde::Deserialize as _;
use serde_json::Value;
use windlass_emit::FileTree;
use windlass_k8s::Objects;
use windlass_testkit::{Component, workspace};

use crate::conversion::read_tree;
use crate::invariants::written;

/// Objects by kind, namespace and name.
pub type ByName = BTreeMap<String, Value>;

/// Objects as they are written.
pub fn by_name(objects: &Objects) -> ByName {
    objects.iter().map(written).map(|object| (name_of(&object), object)).collect()
}

/// `Deployment shop/web`.
pub fn name_of(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

/// Writes a tree into a directory that does not exist yet.
///
/// # Errors
/// When it can't be written.
pub fn write_tree(tree: &FileTree, directory: &Path) -> anyhow::Result<()> {
    for (path, file) in tree.iter() {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().context("a file has a directory")?)?;
        fs::write(path, &file.content)?;
    }
    Ok(())
}

/// Compares a tree with the one in `tests/layouts/NAME`, but for what git itself would heed. `WINDLASS_UPDATE=1` rewrites it; read it
/// before you commit it.
///
/// # Panics
/// When they differ.
pub fn assert_golden(name: &str, tree: &FileTree) {
    let directory = workspace().join("tests/layouts").join(name);
    let files = tree.iter().filter(|(path, _)| !path.ends_with(".gitignore"));
    let actual: BTreeMap<String, String> =
        files.map(|(path, file)| (path.to_owned(), String::from_utf8_lossy(&file.content).into_owned())).collect();
    if std::env::var_os("WINDLASS_UPDATE").is_some() {
        let _ = fs::remove_dir_all(&directory);
        for (path, text) in &actual {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&directory)).expect("writable");
            fs::write(path, text).expect("writable");
        }
    }
    let stored = read_tree(&directory);
    let paths = actual.keys().chain(stored.keys().filter(|path| !actual.contains_key(*path)));
    let wrong: Vec<_> = paths.filter(|path| actual.get(*path) != stored.get(*path)).collect();
    assert!(wrong.is_empty(), "{name}: not as expected (WINDLASS_UPDATE=1 rewrites): {wrong:?}");
}

/// What `kustomize build` makes of a directory. `None` where there is no kustomize.
///
/// # Errors
/// What kustomize says.
pub fn kustomize(directory: &Path) -> anyhow::Result<Option<ByName>> {
    run(Component::Kustomize, &["build", &directory.display().to_string()])
}

/// Runs a tool that prints objects.
///
/// # Errors
/// What the tool says.
pub fn run(tool: Component, arguments: &[&str]) -> anyhow::Result<Option<ByName>> {
    let Some(text) = output(tool, arguments)? else { return Ok(None) };
    let mut objects = ByName::new();
    for document in serde_yaml::Deserializer::from_str(&text) {
        let object = Value::deserialize(document).context("the tool prints YAML")?;
        if object.is_null() {
            continue;
        }
        let name = name_of(&object);
        if objects.insert(name.clone(), object).is_some() {
            bail!("{name} stands twice");
        }
    }
    Ok(Some(objects))
}

/// What a tool prints. `None` where the tool is not there.
///
/// # Errors
/// What the tool says.
pub fn output(tool: Component, arguments: &[&str]) -> anyhow::Result<Option<String>> {
    let Some(program) = tool.find()? else { return Ok(None) };
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        bail!("{} {}: {}", tool.name(), arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(Some(String::from_utf8(output.stdout)?))
}

/// What differs, one line each.
pub fn differences(expected: &ByName, found: &ByName) -> Vec<String> {
    let mut all = Vec::new();
    for (name, object) in expected {
        match found.get(name) {
            None => all.push(format!("{name} is missing")),
            Some(other) => all.extend(difference(object, other).map(|difference| format!("{name} {difference}"))),
        }
    }
    all.extend(found.keys().filter(|name| !expected.contains_key(*name)).map(|name| format!("{name} is new")));
    all
}

/// The first difference of two values, with its path.
fn difference(expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(one), Value::Object(two)) => one
            .iter()
            .map(|(key, value)| (key, value, two.get(key).unwrap_or(&Value::Null)))
            .chain(two.iter().filter(|(key, _)| !one.contains_key(*key)).map(|(key, value)| (key, &Value::Null, value)))
            .find_map(|(key, value, other)| difference(value, other).map(|rest| format!(".{key}{rest}"))),
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => one
            .iter()
            .zip(two)
            .enumerate()
            .find_map(|(index, (value, other))| difference(value, other).map(|rest| format!("[{index}]{rest}"))),
        _ => (expected != found).then(|| format!(": {expected} became {found}")),
    }
}
