//! A base and overlays for kustomize: `kubectl apply -k DIR/overlays/prod`. The base holds whole objects; an overlay holds what its
//! environment has beyond them, and patches that say only what differs.

mod patch;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use windlass_k8s::{Kind, Object, ObjectRef, Objects, write};
use windlass_source::SourceMap;
use windlass_yaml::{Style, Writer};

use self::patch::{Patch, patch};
use crate::file_tree::FileTree;
use crate::layouts::manifests::{self, IGNORE, SECRETS};
use crate::layouts::{Emitted, Options};

/// A project as one environment has it.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a> {
    /// What its overlay is called.
    pub name: &'a str,
    /// The compose files that it is made of, for people.
    pub files: &'a [String],
    /// Its objects.
    pub objects: &'a Objects,
    /// Where they came from.
    pub sources: &'a SourceMap,
}

/// The base, and an overlay for each environment. [`Emitted::files`] says where the objects of the base are.
pub fn kustomize(base: Environment<'_>, overlays: &[Environment<'_>], options: Options) -> Emitted {
    let whole = manifests::tree(base.objects, base.sources, options);
    let mut emitted = Emitted::default();
    let resources = graft("base", whole.tree, &mut emitted.tree);
    emitted.files = whole.files.into_iter().map(|(object, path)| (object, format!("base/{path}"))).collect();
    emitted.tree.add("base/kustomization.yaml", kustomization(base.files, &resources, Vec::new()));
    for environment in overlays {
        overlay(environment, base.objects, options, &mut emitted.tree);
    }
    emitted
}

/// What the overlay of a compose file is called: `prod` for `docker-compose.prod.yml`, `compose-prod.yaml` and `prod.compose.yaml`.
pub fn overlay_name(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file).to_ascii_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let words = stem.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !matches!(*word, "" | "docker" | "compose")).collect();
    if words.is_empty() { "default".to_owned() } else { words.join("-") }
}

/// Puts a tree below a directory. Gives the files that hold objects, relative to it.
fn graft(directory: &str, tree: FileTree, into: &mut FileTree) -> Vec<String> {
    let mut resources = Vec::new();
    for (path, file) in tree {
        into.insert(&format!("{directory}/{path}"), file);
        if !path.ends_with(".gitignore") {
            resources.push(path);
        }
    }
    resources
}

/// An object among those of several namespaces.
type Identity = (ObjectRef, Option<String>);

fn by_identity(objects: &Objects) -> BTreeMap<Identity, &Object> {
    objects.iter().map(|object| ((object.reference(), object.metadata().namespace.clone()), object)).collect()
}

fn overlay(environment: &Environment<'_>, base: &Objects, options: Options, tree: &mut FileTree) {
    let directory = format!("overlays/{}", environment.name);
    let (before, after) = (by_identity(base), by_identity(environment.objects));
    let kept = after.keys().filter(|identity| before.contains_key(*identity)).count();
    // With little in common, an overlay that takes most of the base away would say more than the objects themselves.
    let stands_on_base = kept * 2 >= before.len();

    let mut new = Objects::new();
    let mut patches = Vec::new();
    for (identity, object) in &after {
        match before.get(identity).filter(|_| stands_on_base) {
            None => {
                // The names of one environment are distinct.
                let _ = new.insert((*object).clone());
            }
            Some(old) => {
                let shown = |object: &Object| write::json_tree(&manifests::shown(object, options.secrets).resource);
                let patch = patch(&shown(old), &shown(object), !object.kind().is_custom());
                if !patch.is_empty() {
                    patches.extend(write_patch(object, patch, &directory, tree));
                }
            }
        }
    }
    let mut resources = if stands_on_base { vec!["../../base".to_owned()] } else { Vec::new() };
    resources.extend(graft(&directory, manifests::tree(&new, environment.sources, options).tree, tree));
    if stands_on_base {
        let removed = before.iter().filter(|(identity, _)| !after.contains_key(*identity));
        // A file each: the kustomize in kubectl 1.32 ends at a file with two of them (kubernetes-sigs/kustomize#5471).
        for (_, object) in removed {
            let mut patch = Map::from_iter([("$patch".to_owned(), json!("delete"))]);
            patch.extend(naming(object));
            let mut writer = Writer::new(Style::Kubernetes);
            writer.value(&patch).expect("the keys of a patch are texts");
            let stem = manifests::object_stem(object);
            let path = tree.add(&format!("{directory}/patches/{stem}.removed.yaml"), writer.finish());
            patches.push(json!({ "path": path[directory.len() + 1..] }));
        }
    }
    let secrets = format!("{directory}/{SECRETS}/");
    if tree.iter().any(|(path, file)| file.secret && path.starts_with(&secrets)) && tree.get(&format!("{secrets}.gitignore")).is_none() {
        tree.add(&format!("{secrets}.gitignore"), IGNORE);
    }
    tree.add(&format!("{directory}/kustomization.yaml"), kustomization(environment.files, &resources, patches));
}

/// What says which object a patch is for.
fn naming(object: &Object) -> Map<String, Value> {
    let mut metadata = json!({ "name": object.name() });
    if let Some(namespace) = &object.metadata().namespace {
        metadata["namespace"] = json!(namespace);
    }
    let Value::Object(naming) =
        json!({ "apiVersion": object.resource.api_version(), "kind": object.kind().as_str(), "metadata": metadata })
    else {
        return Map::new();
    };
    naming
}

/// Writes the files of a patch and gives their entries in the kustomization.
fn write_patch(object: &Object, patch: Patch, directory: &str, tree: &mut FileTree) -> Vec<Value> {
    let Patch { operations, merge } = patch;
    // Values of a Secret stay where git does not see them.
    let secret = object.kind() == Kind::Secret && (!operations.is_empty() || merge.keys().any(|key| key != "metadata"));
    let folder = if secret { SECRETS } else { "patches" };
    let stem = format!("{directory}/{folder}/{}", manifests::object_stem(object));
    let mut add = |path: String, value: &Value| {
        let text = windlass_yaml::to_string(value).expect("the keys of a patch are texts");
        let path = if secret { tree.add_secret(&path, text) } else { tree.add(&path, text) };
        path[directory.len() + 1..].to_owned()
    };
    let mut entries = Vec::new();
    if !operations.is_empty() {
        let path = add(format!("{stem}.operations.yaml"), &operations.into());
        entries.push(json!({ "path": path, "target": target(object) }));
    }
    if !merge.is_empty() {
        let mut whole = naming(object);
        for (key, value) in merge {
            match (whole.get_mut(&key), value) {
                (Some(Value::Object(named)), Value::Object(merge)) => named.extend(merge),
                (_, value) => {
                    whole.insert(key, value);
                }
            }
        }
        let path = add(format!("{stem}.patch.yaml"), &whole.into());
        entries.push(json!({ "path": path }));
    }
    entries
}

/// What operations are for. A name is a regular expression there.
fn target(object: &Object) -> Value {
    let api_version: SmolStr = object.resource.api_version().into();
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let mut target = Map::new();
    if !group.is_empty() {
        target.insert("group".into(), group.into());
    }
    target.insert("version".into(), version.into());
    target.insert("kind".into(), object.kind().as_str().into());
    target.insert("name".into(), object.name().replace('.', "\\.").into());
    if let Some(namespace) = &object.metadata().namespace {
        target.insert("namespace".into(), namespace.as_str().into());
    }
    target.into()
}

fn kustomization(files: &[String], resources: &[String], patches: Vec<Value>) -> String {
    let mut body = json!({ "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization" });
    if !resources.is_empty() {
        body["resources"] = json!(resources);
    }
    if !patches.is_empty() {
        body["patches"] = patches.into();
    }
    let text = windlass_yaml::to_string(&body).expect("the keys of a kustomization are texts");
    let plain = |file: &String| file.replace(char::is_control, " ");
    format!("# {}\n{text}", files.iter().map(plain).collect::<Vec<_>>().join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlays_are_called_after_what_is_special_in_the_names_of_their_files() {
        for (file, name) in [
            ("docker-compose.prod.yml", "prod"),
            ("deploy/compose-prod.yaml", "prod"),
            ("prod.compose.yaml", "prod"),
            ("docker-compose.CI_arm64.yml", "ci-arm64"),
            ("compose.yaml", "default"),
        ] {
            assert_eq!(overlay_name(file), name);
        }
    }
}
