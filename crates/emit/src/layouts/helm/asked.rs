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
        collect(tree, "", sources, &mut found);
        let one = |(name, variable): (SmolStr, Self)| Self { value: value(&name).or(variable.value), ..variable };
        found.into_iter().map(one).collect()
    }
}

fn collect(node: &Node, key: &str, sources: &SourceMap, found: &mut BTreeMap<SmolStr, Variable>) {
    for part in node.origin.parts() {
        let place = || node.span().map(|span| format!("{}:{}", sources.file(span.file).name(), sources.position(span).line));
        let text = node.as_str().and_then(|text| text.get(part.range.start as usize..part.range.end as usize)).map(str::to_owned);
        // A number has one part, which is all of it.
        let text = text.or_else(|| node.as_i64().filter(|_| node.origin.parts().len() == 1).map(|number| number.to_string()));
        let text = text.or_else(|| node.as_bool().map(|is| is.to_string()));
        let new = || Variable { name: part.variable.clone(), value: None, place: place().unwrap_or_default(), names_image: false };
        let variable = found.entry(part.variable.clone()).or_insert_with(new);
        variable.value = variable.value.take().or(text);
        variable.names_image |= key == "image" && part.range.start == 0;
    }
    match &node.value {
        Value::Map(map) => map.iter().for_each(|(key, value)| collect(value, key.as_str(), sources, found)),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, "", sources, found)),
        _ => {}
    }
}
