//! `env_file` and `label_file` → `environment` and `labels`. What the service itself says wins over its files.

use std::collections::BTreeMap;
use std::path::Path;

use smol_str::SmolStr;
use windlass_source::{Origin, Span};
use windlass_yaml::{Map, Node, Value};

use crate::dotenv::Dotenv;
use crate::dotenv_files::{Format, read_onto, read_raw, variables};
use crate::environment::{Environment, Variable};
use crate::loader::Loader;
use crate::passes::normalize::resolve;

/// Reads the files of every service; the attributes that name them are gone afterwards.
pub(crate) fn resolve_env_files(loader: &mut Loader<'_>, tree: &mut Node, environment: &Environment, directory: &Path) {
    let Some(services) = tree.get_mut("services").and_then(Node::as_map_mut) else { return };
    for service in services.values_mut().filter_map(Node::as_map_mut) {
        if let Some(variables) = service.get_mut("environment") {
            resolve(variables, environment, true);
        }
        env_file(loader, service, environment, directory);
        label_file(loader, service, environment, directory);
    }
}

fn env_file(loader: &mut Loader<'_>, service: &mut Map, environment: &Environment, directory: &Path) {
    let Some(files) = service.remove("env_file") else { return };
    let own: BTreeMap<SmolStr, Variable> = service
        .get("environment")
        .and_then(Node::as_map)
        .into_iter()
        .flat_map(Map::iter)
        .filter_map(|(key, node)| Some((key.name().clone(), variable(node)?)))
        .collect();
    // The project's variables count first, then what the service says itself.
    let mut dotenv = Dotenv::new();
    let mut raw: BTreeMap<SmolStr, Variable> = BTreeMap::new();
    let mut found: BTreeMap<SmolStr, Variable> = BTreeMap::new();
    for file in files.as_sequence().unwrap_or_default() {
        let (path, required, format) = match &file.value {
            Value::String(_) => (file, true, None),
            _ => {
                let Some(path) = file.get("path") else { continue };
                (path, file.get("required").and_then(truth).unwrap_or(true), file.get("format").and_then(Node::as_str))
            }
        };
        let span = path.span().or(file.span());
        let path = directory.join(path.as_str().unwrap_or_default());
        if !required && loader.files.metadata(&path).is_none() {
            continue;
        }
        match Format::from_name(format, span, loader) {
            None => {}
            Some(Format::Dotenv) => {
                let lookup = |name: &str| environment.get(name).or_else(|| own.get(name)).or_else(|| raw.get(name));
                let outside = |name: &str| lookup(name).map(Variable::borrow);
                if read_onto(loader, &mut dotenv, &path, "env_file", span, &outside).is_some() {
                    found.extend(variables(&dotenv));
                }
            }
            Some(Format::Raw) => {
                let outside = |name: &str| environment.get(name).or_else(|| own.get(name)).cloned();
                let variables = read_raw(loader, &path, span, &outside).unwrap_or_default();
                raw.extend(variables.iter().cloned());
                found.extend(variables);
            }
        }
    }
    put(service, "environment", found, files.span());
}

fn label_file(loader: &mut Loader<'_>, service: &mut Map, environment: &Environment, directory: &Path) {
    let Some(files) = service.remove("label_file") else { return };
    let mut dotenv = Dotenv::new();
    for file in files.as_sequence().unwrap_or_default() {
        let path = directory.join(file.as_str().unwrap_or_default());
        if read_onto(loader, &mut dotenv, &path, "label file", file.span(), &|name| environment.lookup(name)).is_none() {
            return;
        }
    }
    put(service, "labels", variables(&dotenv).collect(), files.span());
}

/// A truth value, or a text that stands for one.
fn truth(node: &Node) -> Option<bool> {
    node.as_bool().or_else(|| crate::model::truth(node.as_str()?))
}

fn variable(node: &Node) -> Option<Variable> {
    let value = crate::model::text(node)?;
    let source = node.span().map_or(windlass_source::VariableSource::Default, windlass_source::VariableSource::File);
    Some(Variable { value, source })
}

/// Adds what the service does not say itself.
fn put(service: &mut Map, attribute: &'static str, found: BTreeMap<SmolStr, Variable>, span: Option<Span>) {
    if found.is_empty() {
        return;
    }
    let origin = |variable: &Variable| match &variable.source {
        windlass_source::VariableSource::File(span) => Origin::at(*span),
        _ => span.map_or(Origin::DEFAULT, Origin::at),
    };
    let node = service.get_or_insert_with(attribute, || Node::new(Map::new(), span.map_or(Origin::DEFAULT, Origin::at)));
    if node.is_null() {
        node.value = Value::Map(Map::new());
    }
    let Some(map) = node.as_map_mut() else { return };
    for (name, variable) in found {
        let origin = origin(&variable);
        let key = windlass_yaml::Key::new(name, origin.span());
        map.get_or_insert_with(key, || Node::new(variable.value, origin));
    }
}
