//! What `docker compose config` prints of a project, as text: the canonical tree, in the order of docker compose's own
//! model, without what is empty.
//!
//! [`json`] and [`yaml`] give the bytes of docker compose 2.40; dollar signs are doubled, so that the result can be loaded
//! again.

mod hash;
mod json;
mod shape;
mod tables;
mod value;
mod yaml;

use smol_str::SmolStr;
use windlass_yaml::{Map, Node, Style, Value};

use crate::load::Loaded;
use crate::model;

/// The project as JSON, as `docker compose config --format json` prints it: without a line break at the end.
pub fn json(loaded: &Loaded) -> String {
    double_dollars(json::pretty(&value::project_json(&loaded.tree)))
}

/// The project as YAML, as `docker compose config` prints it.
pub fn yaml(loaded: &Loaded) -> String {
    // What is implied is written too: half as much again.
    let read: usize = loaded.sources.files().map(|(_, file)| file.text().len()).sum();
    double_dollars(yaml::project(&loaded.tree, read + read / 2))
}

/// A project that was loaded without interpolation, as it is: keys sorted, nothing decoded.
pub fn raw_json(loaded: &Loaded) -> String {
    let mut tree = loaded.tree.clone();
    tables_to_lists(&mut tree);
    sort(&mut tree);
    json::pretty(&tree)
}

/// A project that was loaded without interpolation, as it is: keys sorted, nothing decoded.
pub fn raw_yaml(loaded: &Loaded) -> String {
    let mut tree = loaded.tree.clone();
    tables_to_lists(&mut tree);
    value::sort_naturally(&mut tree);
    windlass_yaml::node_to_string(&tree, Style::Compose)
}

/// Names of the enabled services, sorted.
pub fn services(loaded: &Loaded) -> Vec<&str> {
    names(&loaded.tree, "services")
}

/// Names of the named volumes, sorted.
pub fn volumes(loaded: &Loaded) -> Vec<&str> {
    names(&loaded.tree, "volumes")
}

/// Names of the networks, sorted.
pub fn networks(loaded: &Loaded) -> Vec<&str> {
    names(&loaded.tree, "networks")
}

/// The language models in use, as image references, in the order of their names.
pub fn models(loaded: &Loaded) -> Vec<&str> {
    let model = |name: &str| loaded.tree.get("models")?.get(name)?.get("model")?.as_str();
    names(&loaded.tree, "models").into_iter().filter_map(model).collect()
}

/// The image of each enabled service, in the order of the services; for one that is only built, the name that it gets.
pub fn images(loaded: &Loaded) -> Vec<String> {
    let project = loaded.tree.get("name").and_then(Node::as_str).unwrap_or_default();
    let image = |name: &&str| {
        let service = loaded.tree.get("services")?.get(name)?;
        let image = service.get("image").and_then(Node::as_str).filter(|image| !image.is_empty());
        Some(image.map_or_else(|| format!("{project}-{name}"), str::to_owned))
    };
    services(loaded).iter().filter_map(image).collect()
}

/// The profiles that services name, sorted, those of disabled services too.
pub fn profiles(loaded: &Loaded) -> Vec<&str> {
    let enabled = loaded.tree.get("services").and_then(Node::as_map);
    let services = enabled.into_iter().flat_map(Map::values).chain(loaded.disabled.values());
    let mut profiles: Vec<&str> = services
        .flat_map(|service| service.get("profiles").and_then(Node::as_sequence).unwrap_or_default())
        .filter_map(Node::as_str)
        .collect();
    profiles.sort_unstable();
    profiles.dedup();
    profiles
}

/// The variables that the project was read with, as `NAME=value`, sorted.
pub fn environment(loaded: &Loaded) -> Vec<String> {
    loaded.environment.iter().map(|(name, variable)| format!("{name}={}", variable.value)).collect()
}

/// The hash by which docker compose notices that a service changed: SHA-256 in lower-case hexadecimal digits. `None` when
/// there is no such service.
pub fn hash(loaded: &Loaded, service: &str) -> Option<String> {
    Some(hash::service(loaded.tree.get("services")?.get(service)?))
}

fn names<'t>(tree: &'t Node, section: &str) -> Vec<&'t str> {
    let mut names: Vec<&str> = tree.get(section).and_then(Node::as_map).into_iter().flat_map(Map::keys).map(|key| key.as_str()).collect();
    names.sort_unstable();
    names
}

fn double_dollars(text: String) -> String {
    if text.contains('$') { text.replace('$', "$$") } else { text }
}

/// Sorts the keys of every map by their bytes.
fn sort(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            map.sort_keys();
            map.values_mut().for_each(sort);
        }
        Value::Sequence(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}

/// A variable that a file names, with what its expressions say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredVariable {
    /// Its name.
    pub name: SmolStr,
    /// True when some expression demands a value.
    pub required: bool,
    /// The default of the last expression that has one.
    pub default: SmolStr,
    /// What stands for it when it is set (`${NAME:+text}`).
    pub alternate: SmolStr,
}

/// The variables of a project that was loaded without interpolation, sorted by name.
pub fn variables(loaded: &Loaded) -> Vec<DeclaredVariable> {
    let mut found = std::collections::BTreeMap::<SmolStr, DeclaredVariable>::new();
    collect(&loaded.tree, &mut found);
    found.into_values().collect()
}

/// The same as docker compose prints them as JSON.
pub fn variables_json(loaded: &Loaded) -> String {
    json::indented(&variables_tree(loaded, ["Name", "DefaultValue", "PresenceValue", "Required"]))
}

/// The same as docker compose prints them as YAML.
pub fn variables_yaml(loaded: &Loaded) -> String {
    windlass_yaml::node_to_string(&variables_tree(loaded, ["name", "defaultvalue", "presencevalue", "required"]), Style::Compose)
}

fn variables_tree(loaded: &Loaded, keys: [&'static str; 4]) -> Node {
    let entry = |variable: DeclaredVariable| {
        let DeclaredVariable { name, required, default, alternate } = variable;
        let values: [Value; 4] = [name.clone().into(), default.into(), alternate.into(), required.into()];
        let map: Map = keys.into_iter().zip(values).map(|(key, value)| (key, Node::default_value(value))).collect();
        (name, Node::default_value(map))
    };
    Node::default_value(variables(loaded).into_iter().map(entry).collect::<Map>())
}

/// Tables that docker compose keeps as lists, as such lists.
fn tables_to_lists(node: &mut Node) {
    let listed = model::is_listed(node);
    node.tag = None;
    match &mut node.value {
        Value::Map(map) if listed => {
            let items = std::mem::take(map).into_iter().map(|(key, value)| match model::text(&value) {
                Some(value) => Node::default_value(format!("{}={value}", key.name())),
                None => Node::default_value(key.name().clone()),
            });
            node.value = Value::Sequence(items.collect());
        }
        Value::Map(map) => map.values_mut().for_each(tables_to_lists),
        Value::Sequence(items) => items.iter_mut().for_each(tables_to_lists),
        _ => {}
    }
}

fn collect(node: &Node, found: &mut std::collections::BTreeMap<SmolStr, DeclaredVariable>) {
    match &node.value {
        Value::Map(map) => map.values().for_each(|value| collect(value, found)),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        Value::String(text) if text.contains('$') => {
            for declared in crate::template::variables(text) {
                let entry = found.entry(declared.name.clone()).or_default();
                entry.name = declared.name.clone();
                entry.required |= declared.required;
                if let Some(default) = declared.default {
                    entry.default = default.into();
                }
                if let Some(alternate) = declared.alternate {
                    entry.alternate = alternate.into();
                }
            }
        }
        _ => {}
    }
}
/// A tree as JSON, indented, without a line break at the end.
pub fn tree_json(node: &Node) -> String {
    json::pretty(node)
}
