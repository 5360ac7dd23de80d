//! The values that are written in a compose file, or in a file of variables.

use std::collections::BTreeMap;
use std::rc::Rc;

use windlass_compose::dotenv::Dotenv;
use windlass_compose::model::text;
use windlass_compose::template::{self, Variable};
use windlass_source::{Part, SourceMap, VariableSource};
use windlass_yaml::{Budget, Node, Value};

/// A value that stands in a text.
#[derive(Default)]
pub(super) struct Written {
    /// The key that it stands under; empty in a list.
    pub(super) name: String,
    /// As it is written, but without quotes and escapes.
    pub(super) raw: String,
    /// As it is read, and what variables made of it.
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    /// The list that it stands in, which its other items share.
    list: Rc<[String]>,
    place: usize,
}

impl Written {
    /// A value in which no variables are.
    pub(super) fn plain(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), text, ..Self::default() }
    }

    /// The items of its list before it.
    pub(super) fn before(&self) -> &[String] {
        self.list.get(..self.place).unwrap_or_default()
    }
}

/// The items of a list in which no variables are.
pub(super) fn items(words: Vec<String>) -> impl Iterator<Item = Written> {
    let list: Rc<[String]> = words.into();
    (0..list.len()).map(move |place| Written { text: list[place].clone(), list: Rc::clone(&list), place, ..Written::default() })
}

/// What is written in a text, read with these variables.
pub(super) fn values_of(text: &str, variables: &BTreeMap<String, String>) -> Vec<Written> {
    let lookup = |name: &str| variables.get(name).map(|value| Variable { value, source: VariableSource::Environment });
    let file = SourceMap::new().add("", text);
    let parsed = windlass_yaml::parse(file, text, &Budget::default());
    if parsed.is_ok() && parsed.documents.iter().any(|document| document.root.as_map().is_some()) {
        let mut found = Vec::new();
        parsed.documents.iter().for_each(|document| leaves(&document.root, "", &mut found));
        for written in &mut found {
            (written.text, written.parts) = match template::interpolate(&written.raw, &lookup) {
                Ok(read) => (read.text.into_owned(), read.parts),
                Err(_) => (written.raw.clone(), Vec::new()),
            };
        }
        return found;
    }
    let mut dotenv = Dotenv::new();
    dotenv.read(file, text, &lookup);
    let entries = dotenv.iter().map(|(name, entry)| Written {
        name: name.to_string(),
        raw: entry.value.span().and_then(|span| text.get(span.range())).unwrap_or_default().to_owned(),
        text: entry.value.value.clone(),
        parts: entry.value.origin.parts().to_vec(),
        ..Written::default()
    });
    entries.collect()
}

fn leaves(node: &Node, name: &str, found: &mut Vec<Written>) {
    match &node.value {
        Value::Map(map) => map.iter().for_each(|(key, value)| leaves(value, key.as_str(), found)),
        Value::Sequence(list) => {
            let words = items(list.iter().filter_map(text).map(String::from).collect());
            found.extend(words.map(|word| Written { raw: word.text.clone(), ..word }));
            list.iter().filter(|item| text(item).is_none()).for_each(|item| leaves(item, "", found));
        }
        _ => found.extend(text(node).map(|raw| Written { name: name.to_owned(), raw: raw.to_string(), ..Written::default() })),
    }
}
