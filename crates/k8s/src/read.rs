//! Manifests in, one tree for each object out, read as the API server reads YAML: sigs.k8s.io/yaml, that is YAML 1.1's truth values
//! (`yes`, `on`, `y`), numbers and dates as keys turned into text, `List` kinds taken apart.
//!
//! A fault in one document never hides another document. What the objects have to be is in [`validity`](crate::validity).

mod made;

use smol_str::SmolStr;
use windlass_source::{Diagnostic, FileId, Span};
use windlass_yaml::{Budget, Key, Map, Node, Value, parse};

use crate::view::Fields as _;

pub use made::of_object;

/// An object of a file.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its tree.
    pub root: Node,
    /// The document that it stands in, from 1.
    pub document: usize,
    /// Its number in a `List`, from 0.
    pub item: Option<usize>,
    /// Keys that stand twice in it.
    pub duplicate_keys: Vec<Diagnostic>,
}

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// Its objects in order.
    pub objects: Vec<Manifest>,
    /// Documents that can't be read, with the reason.
    pub broken: Vec<(usize, Diagnostic)>,
    /// Documents that are no object: the place of each.
    pub others: Vec<(usize, Option<Span>)>,
}

/// Reads the objects of a text.
pub fn read(file: FileId, text: &str, budget: &Budget) -> Manifests {
    let mut parsed = parse(file, text, budget);
    if parsed.diagnostics.iter().any(is_control_character) {
        // To the parser that is a fault of the whole text. A server takes one document at a time.
        let (clean, faults) = without_control_characters(file, text, budget);
        parsed = parse(file, &clean, budget);
        parsed.diagnostics.extend(faults);
    }
    let mut manifests = Manifests::default();
    let starts: Vec<u32> = parsed.documents.iter().map(|document| document.root.span().map_or(0, |span| span.start)).collect();
    let mut duplicates: Vec<(usize, Diagnostic)> = Vec::new();
    for diagnostic in parsed.diagnostics {
        // The last document that begins before the fault, empty ones left out.
        let at = diagnostic.span().map_or(0, |span| starts.partition_point(|start| *start <= span.start).saturating_sub(1));
        match diagnostic.code.0 {
            "yaml::duplicate-key" => duplicates.push((at, diagnostic)),
            _ if diagnostic.is_error() => manifests.broken.push((at + 1, diagnostic)),
            _ => {}
        }
    }
    for (at, document) in parsed.documents.into_iter().enumerate() {
        let is_broken = document.is_broken || manifests.broken.iter().any(|(number, _)| *number == at + 1);
        let mut root = document.root;
        if is_broken || root.is_null() {
            continue;
        }
        as_kubernetes_reads(&mut root, text);
        let duplicate_keys = duplicates.iter().filter(|(of, _)| *of == at).map(|(_, diagnostic)| diagnostic.clone()).collect();
        manifests.add(Manifest { root, document: at + 1, item: None, duplicate_keys });
    }
    manifests
}

fn is_control_character(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.0 == "yaml::control-character"
}

/// The text with a null in place of each document that has a character that YAML has not, and what is wrong with those. Nothing else
/// changes its place.
fn without_control_characters(file: FileId, text: &str, budget: &Budget) -> (String, Vec<Diagnostic>) {
    let mut clean = String::with_capacity(text.len());
    let mut faults = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = text[start..].find("\n---").map_or(text.len(), |at| start + at + 1);
        let piece = &text[start..end];
        match parse(file, piece, budget).diagnostics.into_iter().find(is_control_character) {
            None => clean.push_str(piece),
            Some(mut fault) => {
                let at = fault.span().map_or(0, |span| span.range().start);
                let marker = if piece.starts_with("---") { 3 } else { 0 };
                let blank = |(index, byte): (usize, u8)| match byte {
                    _ if index < marker => '-',
                    _ if index == at => '~',
                    b'\n' => '\n',
                    _ => ' ',
                };
                clean.extend(piece.bytes().enumerate().map(blank));
                let offset = u32::try_from(start).unwrap_or(u32::MAX);
                for label in &mut fault.labels {
                    label.span.start += offset;
                    label.span.end += offset;
                }
                faults.push(fault);
            }
        }
        start = end;
    }
    (clean, faults)
}

impl Manifests {
    fn add(&mut self, mut manifest: Manifest) {
        if is_list(&manifest.root) {
            let items = manifest.root.get_mut("items").and_then(Node::as_sequence_mut).map(std::mem::take).unwrap_or_default();
            for (index, root) in items.into_iter().enumerate() {
                let (inside, outside) = std::mem::take(&mut manifest.duplicate_keys).into_iter().partition(|key: &Diagnostic| {
                    key.span().zip(root.span()).is_some_and(|(key, root)| root.range().contains(&(key.start as usize)))
                });
                manifest.duplicate_keys = outside;
                self.add(Manifest { root, document: manifest.document, item: Some(index), duplicate_keys: inside });
            }
        } else if is_object(&manifest.root) {
            self.objects.push(manifest);
        } else {
            self.others.push((manifest.document, manifest.root.span()));
        }
    }
}

/// `List`, or the list of one kind as `kubectl get -o yaml` and the API give it.
fn is_list(root: &Node) -> bool {
    root.text("kind").is_some_and(|kind| kind.ends_with("List")) && root.get("items").is_some_and(|items| items.as_sequence().is_some())
}

/// Anything that says which kind it is. One of the two keys is enough for a person to have meant an object.
fn is_object(root: &Node) -> bool {
    root.field("kind").is_some() || (root.field("apiVersion").is_some() && root.field("metadata").is_some())
}

/// Resolves what YAML 1.1 reads otherwise than [`parse`] does.
fn as_kubernetes_reads(node: &mut Node, source: &str) {
    let span = node.span();
    match &mut node.value {
        Value::String(text) => {
            if let Some(value) = truth_value(text, span, source) {
                node.value = Value::Bool(value);
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(|item| as_kubernetes_reads(item, source)),
        Value::Map(map) => {
            if map.keys().any(|key| renamed(key, source).is_some()) {
                let renamed = std::mem::take(map).into_iter().map(|(key, value)| match renamed(&key, source) {
                    Some(name) => (key.renamed(name), value),
                    None => (key, value),
                });
                *map = renamed.collect::<Map>();
            }
            map.values_mut().for_each(|value| as_kubernetes_reads(value, source));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Timestamp(_) => {}
    }
}

/// `yes`, `on` and their like, where they stand without quotes.
fn truth_value(text: &str, span: Option<Span>, source: &str) -> Option<bool> {
    let value = match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => true,
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => false,
        _ => return None,
    };
    (source.get(span?.range()) == Some(text)).then_some(value)
}

/// The text of a key that YAML takes for something else: `on` is `true`, `0x10` is `16`.
fn renamed(key: &Key, source: &str) -> Option<SmolStr> {
    if key.is_text {
        return truth_value(key.name(), key.span, source).map(|value| SmolStr::new_static(if value { "true" } else { "false" }));
    }
    match windlass_yaml::plain(key.name()) {
        Value::Bool(value) => Some(SmolStr::new_static(if value { "true" } else { "false" })),
        Value::Number(windlass_yaml::Number::Int(value)) => Some(smol_str::format_smolstr!("{value}")),
        _ => None,
    }
    .filter(|name| *name != *key.name())
}

#[cfg(test)]
mod tests {
    use windlass_source::SourceMap;

    use super::*;

    fn of(text: &str) -> Manifests {
        let mut sources = SourceMap::new();
        let file = sources.add("all.yaml", text);
        read(file, text, &Budget::default())
    }

    #[test]
    fn truth_values_and_keys_are_those_of_yaml_1_1() {
        let read = of("kind: ConfigMap\ndata: { on: 1, n: yes, 0x10: \"no\", plain: Off, mode: 0644 }\n");
        let data = read.objects[0].root.get("data").and_then(Node::as_map).expect("a map");
        let keys: Vec<&str> = data.keys().map(Key::as_str).collect();
        assert_eq!(keys, ["true", "false", "16", "plain", "mode"]);
        let values: Vec<&Value> = data.values().map(|node| &node.value).collect();
        assert_eq!(values, [&1.into(), &true.into(), &"no".into(), &false.into(), &420.into()]);
    }

    #[test]
    fn lists_are_taken_apart_and_a_broken_document_hides_no_other() {
        let read = of("kind: List\nitems:\n- {kind: A}\n- {kind: B, b: 1, b: 2}\n---\na: [\n---\nkind: C\n---\n# nothing\n---\nx: 1\n");
        let kinds: Vec<_> = read.objects.iter().map(|object| (object.root.text("kind"), object.document, object.item)).collect();
        assert_eq!(kinds, [(Some("A"), 1, Some(0)), (Some("B"), 1, Some(1)), (Some("C"), 3, None)]);
        assert_eq!(read.objects.iter().map(|object| object.duplicate_keys.len()).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!(read.broken.iter().map(|(document, _)| *document).collect::<Vec<_>>(), [2]);
        assert_eq!(read.others.len(), 1);
    }

    #[test]
    fn whatever_is_broken_in_one_document_the_others_are_read() {
        for broken in [
            "a: [",
            "a: {",
            "a: {b: c",
            "- a\nb: c",
            "a: b\n c: d",
            "a:\n\t- b",
            "a: \"b",
            "a: 'b",
            "a: \"\\q\"",
            "a: *nothing",
            "a: b: c",
            "%odd\n",
            "a: !<",
            "a: |9000\n b",
            "? [",
            "a: &",
            "a: @b",
            "a: `b`",
            "]",
            "}",
            ", a",
            "kind: A\nkind: [",
            "kind: X\n  b: c",
            "a: \u{7}",
            "<<: 1",
            "<<: *a",
        ] {
            let read = of(&format!("kind: A\n---\n{broken}\n---\nkind: B\nb: [c]\n---\nkind: C\n"));
            let kinds: Vec<_> = read.objects.iter().filter_map(|object| object.root.text("kind")).filter(|kind| *kind != "X").collect();
            assert_eq!(kinds, ["A", "B", "C"], "{broken:?}");
            assert!(!read.broken.is_empty() && read.broken.iter().all(|(document, _)| *document == 2), "{broken:?}: {:?}", read.broken);
        }
    }
}
