//! How tests say what becomes of an attribute.

use windlass_source::SourceMap;
use windlass_yaml::{Budget, Map, Node, Value, parse};

use crate::model;

/// What the passes make of a service `web` that is written in `files`, one onto the other: its attributes in one line, or
/// what is wrong, each with the text that it points at.
pub(crate) fn web(files: &[&str]) -> String {
    let indent = |text: &&str| format!("services:\n  web:\n    {}\n", text.replace('\n', "\n    "));
    let texts: Vec<String> = files.iter().map(indent).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    document(&texts, |tree| tree.get("services").and_then(|services| services.get("web")))
}

/// The same for what `pick` takes out of whole files.
pub(crate) fn document(files: &[&str], pick: impl Fn(&Node) -> Option<&Node>) -> String {
    let mut sources = SourceMap::new();
    let mut diagnostics = Vec::new();
    let mut base = Node::default_value(Map::new());
    for text in files {
        let parsed = parse(sources.add("compose.yaml", *text), text, &Budget::default());
        diagnostics.extend(parsed.diagnostics);
        for document in parsed.documents {
            let mut tree = document.root;
            // Each pass but the first sees only what the ones before it found right, as in the loader.
            model::cast(&mut tree, &mut diagnostics);
            model::merge(&mut base, tree, true, &mut diagnostics);
        }
        if diagnostics.is_empty() {
            model::check(&base, &mut diagnostics);
        }
        if diagnostics.is_empty() {
            model::canonical(&mut base, true, &mut model::MAX_MADE.clone(), &mut diagnostics);
        }
    }
    if diagnostics.is_empty() {
        model::defaults(&mut base, true, &mut model::MAX_MADE.clone(), &mut diagnostics);
        model::resolve_paths(&mut base, std::path::Path::new("/project"), Some("/home/ann"), &mut diagnostics);
    }
    if diagnostics.is_empty() {
        model::read(&base, &mut diagnostics);
    }
    let mut said: Vec<String> = Vec::new();
    for diagnostic in diagnostics {
        let place = diagnostic.span().and_then(|span| sources.file(span.file).text().get(span.range()).map(str::to_owned));
        said.push(format!("{} @ {}", diagnostic.message, place.unwrap_or_default()));
    }
    if said.is_empty() { pick(&base).map(show).unwrap_or_default() } else { said.join("\n") }
}

fn show(node: &Node) -> String {
    match &node.value {
        Value::String(text) => format!("{text:?}"),
        Value::Sequence(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entries: Vec<_> = map.iter().map(|(key, value)| format!("{}: {}", key.as_str(), show(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Null => "null".to_owned(),
        other => model::read::text(other).unwrap_or_default().to_string(),
    }
}
