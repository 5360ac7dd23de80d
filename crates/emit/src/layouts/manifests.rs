//! Objects as they are, for `kubectl apply -R -f DIR`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use serde::Serialize;
use windlass_k8s::write::{self, Canonical, TypedTree};
use windlass_k8s::{Kind, Object, Objects, labels};
use windlass_source::{SourceMap, in_parallel};

use crate::layouts::{Emitted, Format, Options, Provenance, Secrets, Split};

/// What git must not carry.
pub(super) const IGNORE: &str = "# Secret values, written by Windlass: not for git.\n*\n!.gitignore\n";
pub(super) const SECRETS: &str = "secrets";

pub(super) fn tree(objects: &Objects, sources: &SourceMap, options: Options) -> Emitted {
    let mut files: BTreeMap<(bool, String), Vec<&Object>> = BTreeMap::new();
    for object in objects {
        let secret = object.kind() == Kind::Secret && options.secrets == Secrets::Files;
        files.entry((secret, stem(object, options.split))).or_default().push(object);
    }
    let mut emitted = Emitted::default();
    let extension = match options.format {
        Format::Yaml => "yaml",
        Format::Json => "json",
    };
    let files: Vec<_> = files.into_iter().collect();
    let texts = in_parallel(&files, WORTH_A_THREAD, |(_, objects)| text(objects, sources, options, objects.len() > 1));
    for (((secret, stem), objects), text) in files.into_iter().zip(texts) {
        let path = if secret {
            emitted.tree.add_secret(&format!("{SECRETS}/{stem}.{extension}"), text)
        } else {
            emitted.tree.add(&format!("{stem}.{extension}"), text)
        };
        emitted.files.extend(objects.into_iter().map(|object| (object.reference(), path.clone())));
    }
    if emitted.tree.iter().any(|(_, file)| file.secret) {
        emitted.tree.add(&format!("{SECRETS}/.gitignore"), IGNORE);
    }
    emitted
}

pub(super) fn stream<'a>(objects: &'a Objects, sources: &'a SourceMap, options: Options) -> Box<dyn Iterator<Item = String> + 'a> {
    let objects: Vec<&Object> = objects.iter().collect();
    match options.format {
        Format::Yaml => Box::new((0..objects.len()).step_by(AT_ONCE).flat_map(move |start| {
            let some = &objects[start..objects.len().min(start + AT_ONCE)];
            let mut texts = in_parallel(some, WORTH_A_THREAD, |object| text(&[*object], sources, options, false));
            texts.iter_mut().skip(usize::from(start == 0)).for_each(|text| text.insert_str(0, "---\n"));
            texts
        })),
        Format::Json => Box::new(std::iter::once_with(move || text(&objects, sources, options, true))),
    }
}

/// As [`stream`] in YAML, with what `check` says of each object and its tree. What `beside` says, which looks at all of them, comes first,
/// with no text: whoever writes does it meanwhile.
pub(super) fn checked_stream<'a, T: Send + 'a>(
    objects: &'a Objects,
    sources: &'a SourceMap,
    options: Options,
    beside: impl Fn() -> T + Sync + 'a,
    check: impl Fn(&Object, &TypedTree) -> T + Sync + 'a,
) -> impl Iterator<Item = (String, T)> + 'a {
    let work: Vec<Option<&Object>> = std::iter::once(None).chain(objects.iter().map(Some)).collect();
    let first = objects.iter().next();
    let done = move |object: &Option<&Object>| {
        let Some(object) = object else { return (String::new(), beside()) };
        let is_first = first.is_some_and(|first| std::ptr::eq(first, *object));
        let object = shown(object, options.secrets);
        let tree = write::typed_tree(&object.resource);
        let provenance = (options.provenance == Provenance::Comments).then_some(sources);
        let mut text = write::document(&object, &tree.root, provenance);
        if !is_first {
            text.insert_str(0, "---\n");
        }
        (text, check(&object, &tree))
    };
    (0..work.len()).step_by(AT_ONCE).flat_map(move |start| {
        let some = &work[start..work.len().min(start + AT_ONCE)];
        in_parallel(some, WORTH_A_THREAD, &done)
    })
}

/// Objects whose texts are kept until they are read.
const AT_ONCE: usize = 512;
/// Fewer are written faster than a second thread is there.
const WORTH_A_THREAD: usize = 40;

/// A file's name without its extension. kubectl applies files by name, so a Namespace comes before what stands in it.
fn stem(object: &Object, split: Split) -> String {
    let service = || object.metadata().labels.as_ref().and_then(|labels| labels.get(labels::NAME)).cloned();
    match (split, object.kind()) {
        (Split::Object | Split::Service, Kind::Namespace) => format!("00-namespace-{}", plain(object.name())),
        (Split::Object, _) => object_stem(object),
        (Split::Service, _) => service().map_or_else(|| "project".to_owned(), |service| plain(&service)),
        (Split::None, _) => "manifests".to_owned(),
    }
}

/// The name of a file that one object has to itself.
pub(super) fn object_stem(object: &Object) -> String {
    stem_of(object.kind(), object.name())
}

pub(super) fn stem_of(kind: Kind, name: &str) -> String {
    format!("{}-{}", plain(kind.as_str()), plain(name))
}

/// Lower case, and nothing that a file system could take for something else.
fn plain(name: &str) -> String {
    let kept = |character: char| if character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_') { character } else { '-' };
    name.chars().map(|character| kept(character.to_ascii_lowercase())).collect()
}

fn text(objects: &[&Object], sources: &SourceMap, options: Options, several: bool) -> String {
    let objects: Vec<_> = objects.iter().map(|object| shown(object, options.secrets)).collect();
    match options.format {
        Format::Yaml => {
            let provenance = (options.provenance == Provenance::Comments).then_some(sources);
            write::yaml(objects.iter().map(Cow::as_ref), provenance)
        }
        Format::Json => {
            let mut text = match objects.as_slice() {
                [object] if !several => serde_json::to_string_pretty(&Canonical(&object.resource)),
                objects => {
                    let items = objects.iter().map(|object| Canonical(&object.resource)).collect();
                    serde_json::to_string_pretty(&List { api_version: "v1", kind: "List", items })
                }
            }
            .expect("objects have text keys");
            text.push('\n');
            text
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    api_version: &'a str,
    kind: &'a str,
    items: Vec<Canonical<'a>>,
}

/// The object as it is shown: a Secret may lose its values.
pub(super) fn shown(object: &Object, secrets: Secrets) -> Cow<'_, Object> {
    if secrets == Secrets::Files || object.kind() != Kind::Secret {
        return Cow::Borrowed(object);
    }
    let mut object = object.clone();
    if let Some(secret) = object.get_mut::<Secret>() {
        let keys = secret.data.take().into_iter().flat_map(BTreeMap::into_keys);
        let keys: Vec<_> = keys.chain(secret.string_data.take().into_iter().flat_map(BTreeMap::into_keys)).collect();
        secret.string_data = Some(keys.into_iter().map(|key| (key.clone(), format!("<value of {key}>"))).collect());
    }
    Cow::Owned(object)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};
    use windlass_source::{Origin, Span};
    use windlass_yaml::Path;

    use super::*;
    use windlass_k8s::Resource;

    /// Objects of a project, from the JSON of each, and the places that they came from.
    fn project() -> (Objects, SourceMap) {
        let mut sources = SourceMap::new();
        let file = sources.add("compose.yaml", "services:\n  web:\n    image: nginx\n");
        let mut objects = Objects::new();
        let mut add = |resource: Resource, fields: &[(Path, usize)]| {
            let mut object = Object::new(resource, Span::new(file, 12..15));
            for (path, at) in fields {
                object.origins.set(path.clone(), Origin::at(Span::new(file, *at..*at + 1)));
            }
            objects.insert(object).expect("the names differ");
        };
        let web = json!({ "name": "web", "labels": { "app.kubernetes.io/name": "web" } });
        let service: k8s_openapi::api::core::v1::Service =
            from_value(json!({ "metadata": web, "spec": { "ports": [{ "port": 80 }] } })).expect("a service");
        add(service.into(), &[(Path::root().key("spec").key("ports").index(0), 23)]);
        let map: k8s_openapi::api::core::v1::ConfigMap = from_value(json!({ "metadata": web, "data": { "a": "b" } })).expect("a map");
        add(map.into(), &[]);
        let secret: Secret = from_value(json!({ "metadata": web, "data": { "PASSWORD": "aHVudGVyMg==" } })).expect("a secret");
        add(secret.into(), &[]);
        let namespace: k8s_openapi::api::core::v1::Namespace = from_value(json!({ "metadata": { "name": "shop" } })).expect("a namespace");
        add(namespace.into(), &[]);
        (objects, sources)
    }

    fn check(options: Options, paths: &[&str]) -> Emitted {
        let (objects, sources) = project();
        let emitted = tree(&objects, &sources, options);
        assert_eq!(emitted.tree.iter().map(|(path, _)| path).collect::<Vec<_>>(), paths);
        assert_eq!(emitted.files.len(), objects.len());
        assert!(emitted.files.values().all(|path| emitted.tree.get(path).is_some()));
        emitted
    }

    #[test]
    fn files_are_split_by_object_by_service_or_not_at_all() {
        let options = Options::default();
        let secret = "secrets/secret-web.yaml";
        let all = ["00-namespace-shop.yaml", "configmap-web.yaml", "secrets/.gitignore", secret, "service-web.yaml"];
        let emitted = check(options, &all);
        assert!(all.iter().all(|path| emitted.tree.get(path).is_some_and(|file| file.secret == (*path == secret))));
        check(
            Options { split: Split::Service, ..options },
            &["00-namespace-shop.yaml", "secrets/.gitignore", "secrets/web.yaml", "web.yaml"],
        );
        check(Options { split: Split::None, ..options }, &["manifests.yaml", "secrets/.gitignore", "secrets/manifests.yaml"]);
        let json = Options { split: Split::None, format: Format::Json, ..options };
        let emitted = check(json, &["manifests.json", "secrets/.gitignore", "secrets/manifests.json"]);
        let list: serde_json::Value =
            serde_json::from_slice(&emitted.tree.get("manifests.json").expect("it is listed").content).expect("JSON");
        assert_eq!((&list["kind"], list["items"].as_array().map(Vec::len)), (&json!("List"), Some(3)));
    }

    #[test]
    fn placeholders_hold_no_secret_value_and_need_no_file_of_their_own() {
        let options = Options { secrets: Secrets::Placeholders, ..Options::default() };
        check(options, &["00-namespace-shop.yaml", "configmap-web.yaml", "secret-web.yaml", "service-web.yaml"]);
        let (objects, sources) = project();
        for format in [Format::Yaml, Format::Json] {
            let text: String = stream(&objects, &sources, Options { format, ..options }).collect();
            assert!(text.contains("<value of PASSWORD>") && !text.contains("aHVudGVyMg=="), "{text}");
        }
    }

    #[test]
    fn comments_say_where_fields_came_from() {
        let (objects, sources) = project();
        let text: String = stream(&objects, &sources, Options { provenance: Provenance::Comments, ..Options::default() }).collect();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn names_are_safe_on_every_file_system() {
        assert_eq!(plain("System:Node/A b.c_d-é"), "system-node-a-b.c_d--");
    }
}
