//! The variables that a project's values came from. In: the canonical tree with its origins. Out: each variable once, with its value and
//! the place that asks for it first.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_source::SourceMap;
use windlass_yaml::{Node, Value};

use super::Variable;

impl Variable {
    /// Those of a canonical tree, by name. `value` gives what a variable is set to.
    pub fn of_tree(tree: &Node, sources: &SourceMap, value: impl Fn(&str) -> Option<String>) -> Vec<Self> {
        let mut found = BTreeMap::new();
        collect(tree, sources, &mut found);
        let one = |(name, (text, place)): (SmolStr, (Option<String>, String))| Self { value: value(&name).or(text), name, place };
        found.into_iter().map(one).collect()
    }
}

fn collect(node: &Node, sources: &SourceMap, found: &mut BTreeMap<SmolStr, (Option<String>, String)>) {
    for part in node.origin.parts() {
        let place = || node.span().map(|span| format!("{}:{}", sources.file(span.file).name(), sources.position(span).line));
        let text = node.as_str().and_then(|text| text.get(part.range.start as usize..part.range.end as usize)).map(str::to_owned);
        // A number has one part, which is all of it.
        let text = text.or_else(|| node.as_i64().filter(|_| node.origin.parts().len() == 1).map(|number| number.to_string()));
        let text = text.or_else(|| node.as_bool().map(|is| is.to_string()));
        let entry = found.entry(part.variable.clone()).or_insert_with(|| (None, place().unwrap_or_default()));
        entry.0 = entry.0.take().or(text);
    }
    match &node.value {
        Value::Map(map) => map.values().for_each(|value| collect(value, sources, found)),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, sources, found)),
        _ => {}
    }
}
