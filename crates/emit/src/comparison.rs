//! Manifests and the objects of a conversion, compared object by object: what applying the conversion would change.
//!
//! The order of keys, comments, files and what only an API server writes (`status`, `managedFields`) don't count. Values of Secrets are
//! never shown, only whether they differ.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_k8s::view::Fields as _;
use windlass_k8s::{ContentHash, Object, Objects, write};
use windlass_source::Diagnostic;
use windlass_yaml::{Map, Node, Style, Value, node_to_string};

use crate::difference::unified;

/// A manifest that was read.
#[derive(Clone, Debug)]
pub struct Before {
    /// The file, as people see it.
    pub file: String,
    /// Its tree.
    pub root: Node,
}

/// What differs.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// A unified diff of each object that differs; empty when none does.
    pub text: String,
    /// Objects that both have and that differ.
    pub changed: usize,
    /// Objects that only the conversion has.
    pub new: usize,
    /// Objects that the conversion no longer makes.
    pub gone: usize,
    /// Objects that are the same.
    pub same: usize,
    /// Objects that stand twice among the manifests; the first one counts.
    pub diagnostics: Vec<Diagnostic>,
}

/// Kind, API group, namespace, name.
type Key = (String, String, String, String);

/// Compares manifests with what a conversion gave. With `has_values` false the conversion's Secrets hold placeholders, and their values are
/// not compared.
pub fn compare(before: Vec<Before>, after: &Objects, has_values: bool) -> Comparison {
    compare_trees(before, after.iter().map(|object: &Object| write::tree(&object.resource)), has_values)
}

/// As [`compare`], for objects as trees.
pub fn compare_trees(before: Vec<Before>, after: impl IntoIterator<Item = Node>, has_values: bool) -> Comparison {
    let mut comparison = Comparison::default();
    let mut old: BTreeMap<Key, Before> = BTreeMap::new();
    for manifest in before {
        match old.get(&key(&manifest.root)) {
            None => {
                old.insert(key(&manifest.root), manifest);
            }
            Some(first) => comparison.diagnostics.push(twice(first, &manifest)),
        }
    }
    let mut pairs: BTreeMap<Key, (Option<Before>, Option<Node>)> = after.into_iter().map(|root| (key(&root), (None, Some(root)))).collect();
    for (key, manifest) in old {
        pairs.entry(key).or_default().0 = Some(manifest);
    }
    pair_by_stem(&mut pairs);
    for ((kind, _, _, name), pair) in pairs {
        let object = format!("{kind}/{name}");
        match pair {
            (Some(Before { file, mut root }), Some(mut after)) => {
                hide(Some(&mut root), Some(&mut after), has_values);
                let (root, after) = (plain(root), plain(after));
                if root.same_value(&after) {
                    comparison.same += 1;
                } else {
                    comparison.changed += 1;
                    let old = key(&root).3;
                    comparison.text += &unified(&text(&root), &text(&after), &format!("{kind}/{old} in {file}"), &object);
                }
            }
            (Some(Before { file, mut root }), None) => {
                hide(Some(&mut root), None, has_values);
                comparison.gone += 1;
                comparison.text += &unified(&text(&plain(root)), "", &format!("{object} in {file}"), "/dev/null");
            }
            (None, Some(mut after)) => {
                hide(None, Some(&mut after), has_values);
                comparison.new += 1;
                comparison.text += &unified("", &text(&plain(after)), "/dev/null", &object);
            }
            (None, None) => {}
        }
    }
    comparison
}

/// Objects whose names end in a hash of their content have another name when it changes: the one that goes and the one that comes are one
/// object that changed, where there is one of each.
fn pair_by_stem(pairs: &mut BTreeMap<Key, (Option<Before>, Option<Node>)>) {
    /// What goes and what comes.
    type Sides = (Vec<Key>, Vec<Key>);
    let mut by_stem: BTreeMap<Key, Sides> = BTreeMap::new();
    for (key, pair) in pairs.iter() {
        let (kind, group, namespace, name) = key;
        let Some(stem) = ContentHash::cut(name) else { continue };
        let sides = by_stem.entry((kind.clone(), group.clone(), namespace.clone(), stem.to_owned())).or_default();
        match pair {
            (Some(_), None) => sides.0.push(key.clone()),
            (None, Some(_)) => sides.1.push(key.clone()),
            _ => {}
        }
    }
    for (gone, new) in by_stem.into_values() {
        if let ([gone], [new]) = (&gone[..], &new[..])
            && let Some((before, _)) = pairs.remove(gone)
            && let Some(pair) = pairs.get_mut(new)
        {
            pair.0 = before;
        }
    }
}

impl Comparison {
    /// True when applying would change nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

fn twice(first: &Before, second: &Before) -> Diagnostic {
    let (kind, _, _, name) = key(&second.root);
    Diagnostic::warning(windlass_source::Code("emit::twice"), format!("`{kind}/{name}` stands in `{}` too", second.file))
        .because(format!("the one in `{}` is compared", first.file))
        .help("name a directory whose objects are applied together, such as the base of a kustomization")
}

fn key(root: &Node) -> Key {
    let of = |path: &[&str]| root.at(path).and_then(windlass_k8s::view::text).unwrap_or_default().to_owned();
    let version = of(&["apiVersion"]);
    let group = version.split_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default();
    (of(&["kind"]), group, of(&["metadata", "namespace"]), of(&["metadata", "name"]))
}

fn text(root: &Node) -> String {
    node_to_string(root, Style::Kubernetes)
}

/// Fields of `metadata` that an API server writes.
const OF_THE_SERVER: [&str; 6] = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];

/// The tree without what an API server writes, and in one order.
fn plain(mut root: Node) -> Node {
    if let Some(map) = root.as_map_mut() {
        map.remove("status");
    }
    if let Some(metadata) = root.get_mut("metadata").and_then(Node::as_map_mut) {
        OF_THE_SERVER.iter().for_each(|field| drop(metadata.remove(field)));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
            // It holds the whole object once more, a Secret's values too.
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    in_order(&mut root);
    root
}

fn in_order(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(in_order);
            map.sort_keys();
        }
        Value::Sequence(items) => items.iter_mut().for_each(in_order),
        Value::Timestamp(text) => node.value = Value::String(std::mem::take(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Puts words in place of the values of a Secret on both sides: other ones where they differ. What is sealed is another text each time, and
/// so is not compared.
fn hide(before: Option<&mut Node>, after: Option<&mut Node>, has_values: bool) {
    let mut sides: Vec<&mut Node> = before.into_iter().chain(after).collect();
    if sides[0].text("kind") == Some("SealedSecret") {
        for side in &mut sides {
            let sealed = side.get_mut("spec").and_then(|spec| spec.get_mut("encryptedData")).and_then(Node::as_map_mut);
            sealed.into_iter().flat_map(Map::values_mut).for_each(|value| value.value = "(sealed)".into());
        }
    }
    if sides[0].text("kind") != Some("Secret") {
        return;
    }
    let mut values: Vec<BTreeMap<String, String>> = sides.iter_mut().map(|side| take_values(side)).collect();
    let known = if values.len() == 2 { values[0].clone() } else { BTreeMap::new() };
    for (at, (side, values)) in sides.iter_mut().zip(&mut values).enumerate() {
        let mut data = Map::new();
        for (key, value) in std::mem::take(values) {
            let differs = has_values && at == 1 && known.get(&key).is_some_and(|known| *known != value);
            data.insert(key.as_str(), Node::default_value(if differs { "(differs)" } else { "(not shown)" }));
        }
        if let Some(map) = side.as_map_mut()
            && !data.is_empty()
        {
            map.insert("data", Node::default_value(data));
        }
    }
}

/// The values of a Secret in base64, taken out; `stringData` counts more, as it does to the API server.
fn take_values(secret: &mut Node) -> BTreeMap<String, String> {
    let Some(map) = secret.as_map_mut() else { return BTreeMap::new() };
    let mut values = BTreeMap::new();
    for (field, is_plain) in [("data", false), ("stringData", true)] {
        let Some(Value::Map(entries)) = map.remove(field).map(|node| node.value) else { continue };
        for (key, node) in entries.iter() {
            let value = windlass_k8s::view::text(node).unwrap_or_default();
            let value = if is_plain { STANDARD.encode(value) } else { value.split_whitespace().collect() };
            values.insert(key.as_str().to_owned(), value);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use windlass_k8s::{Resource, read};
    use windlass_source::{Origin, SourceMap};
    use windlass_yaml::Budget;

    use super::*;

    fn manifests(text: &str) -> Vec<Node> {
        let file = SourceMap::new().add("all.yaml", text);
        read::read(file, text, &Budget::default()).objects.into_iter().map(|manifest| manifest.root).collect()
    }

    fn compared(before: &str, after: &str) -> Comparison {
        let before = manifests(before).into_iter().map(|root| Before { file: "k8s/all.yaml".to_owned(), root }).collect();
        let mut objects = Objects::new();
        for root in manifests(after) {
            let resource: Resource = serde_json::from_value(serde_json::to_value(&root).unwrap()).unwrap();
            objects.insert(Object::new(resource, Origin::DEFAULT)).unwrap();
        }
        compare(before, &objects, true)
    }

    #[test]
    fn the_order_of_keys_and_what_a_server_writes_are_no_difference() {
        let before = "
kind: ConfigMap   # a comment
data: { b: '2', a: '1' }
metadata: { uid: 1-2, creationTimestamp: 2026-01-01T00:00:00Z, name: c, annotations: { kubectl.kubernetes.io/last-applied-configuration: '{}' } }
status: {}
apiVersion: v1
";
        let compared = compared(before, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: '1', b: '2'}}");
        assert_eq!((compared.text.as_str(), compared.same), ("", 1));
    }

    #[test]
    fn values_of_secrets_are_never_shown() {
        let secret = |fields: &str| format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, {fields}}}");
        let same = compared(&secret("data: {a: b25l}"), &secret("stringData: {a: one}"));
        assert!(same.is_empty(), "{}", same.text);
        let before = secret("data: {a: b25l, b: b25l, gone: b25l}, stringData: {c: clear}");
        let compared = compared(&before, &secret("stringData: {a: one, b: two, c: clear, made: clear}"));
        for value in ["b25l", "dHdv", "one", "two", "clear"] {
            assert!(!compared.text.contains(&format!(": {value}")), "{}", compared.text);
        }
        let lines: Vec<&str> = compared.text.lines().filter(|line| line.starts_with(['-', '+'])).collect();
        assert_eq!(
            lines,
            [
                "--- Secret/s in k8s/all.yaml",
                "+++ Secret/s",
                "-  b: (not shown)",
                "+  b: (differs)",
                "-  gone: (not shown)",
                "+  made: (not shown)"
            ]
        );
    }

    #[test]
    fn an_object_whose_name_has_the_hash_of_its_content_changes() {
        let config = |name: &str, value: &str| {
            format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{a: '{value}'}}}}\n---\n")
        };
        let before = [config("site-bbccddffgg", "1"), config("two-bbccddffgg", "1"), config("two-ccddffggbb", "2")].concat();
        let after = [config("site-ddffggbbcc", "2"), config("two-ffggbbccdd", "3")].concat();
        let compared = compared(&before, &after);
        // Of two that go nobody knows which one it was.
        assert_eq!((compared.changed, compared.new, compared.gone), (1, 1, 2), "{}", compared.text);
        let lines: Vec<&str> = compared.text.lines().filter(|line| line.contains("site")).collect();
        assert_eq!(
            lines,
            [
                "--- ConfigMap/site-bbccddffgg in k8s/all.yaml",
                "+++ ConfigMap/site-ddffggbbcc",
                "-  name: site-bbccddffgg",
                "+  name: site-ddffggbbcc"
            ]
        );
    }

    #[test]
    fn objects_come_and_go() {
        let object = |name: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n---\n");
        let compared = compared(&[object("a"), object("b"), object("a")].concat(), &[object("b"), object("c")].concat());
        assert_eq!((compared.changed, compared.new, compared.gone, compared.same, compared.diagnostics.len()), (0, 1, 1, 1, 1));
        let headers: Vec<&str> = compared.text.lines().filter(|line| line.starts_with("---") || line.starts_with("+++")).collect();
        assert_eq!(headers, ["--- ConfigMap/a in k8s/all.yaml", "+++ /dev/null", "--- /dev/null", "+++ ConfigMap/c"]);
    }
}
