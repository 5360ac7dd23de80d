//! Values under names, written as a map or as a list of `NAME=value`: labels, variables, options.

use smol_str::SmolStr;
use windlass_source::{Origin, Span};
use windlass_yaml::{Key, Map, Node, Value};

use crate::model::context::{Context, INVALID_VALUE};
use crate::model::long::decoded_list_of_one;
use crate::model::read::text;
use crate::model::rule::{DISTINCT_TEXTS, Kinds, Merge, NUMBER_OR_TEXT, Names, Rule, TEXT};
use crate::model::slice::slice;

/// A map of scalars, or a list of `NAME=value`. What two files say is put together as docker compose does by default, which
/// fails when they use different forms.
pub(crate) const PLAIN_TABLE: Rule = {
    static NAMES: Names = Names {
        allows: |name| !name.is_empty(),
        wanted: Some("a name that is not empty"),
        rule: NUMBER_OR_TEXT.or(Kinds::BOOL).or(Kinds::NULL),
    };
    Rule::names(&NAMES).or_list(&TEXT).distinct()
};

/// The same, in which the later of two values with one name stays, whatever the form.
pub(crate) const TABLE: Rule = PLAIN_TABLE.merged(Merge::Table).same_by(name).long_form(to_map);

/// A list of texts, of which a later one with the same name replaces an earlier one.
pub(crate) const NAMED_TEXTS: Rule = DISTINCT_TEXTS.same_by(name);

/// The same, where a single text may stand for a list of one.
pub(crate) const NAMED_TEXT_OR_TEXTS: Rule = NAMED_TEXTS.or(Kinds::TEXT).merged(Merge::Sequence).long_form(decoded_list_of_one);

/// Marks a table that docker compose keeps as a list; see [`is_listed`].
pub(crate) const LISTED: &str = "!list";

/// True for a table that is a list to docker compose: written as one, or made of two files' tables. `!reset` of a key does
/// not reach into it.
pub(crate) fn is_listed(node: &Node) -> bool {
    node.tag.as_deref() == Some(LISTED)
}

/// The name of an item of the list form.
pub(crate) fn name(item: &Node) -> Option<SmolStr> {
    let text = item.as_str()?;
    Some(text.split_once('=').map_or(text, |(name, _)| name).into())
}

/// Makes the list form a map, and each value a text or nothing. A list with anything but texts stays, for the check.
pub(crate) fn to_map(node: &mut Node, context: &mut Context<'_>) {
    match &mut node.value {
        Value::Sequence(items) if items.iter().all(|item| item.as_str().is_some()) => {
            let mut map = Map::new();
            for item in std::mem::take(items) {
                let (key, value) = entry(item);
                map.insert(key, value);
            }
            node.value = Value::Map(map);
            node.tag = Some(LISTED.into());
        }
        Value::Map(map) if !context.is_lenient() => {
            for value in map.values_mut() {
                if let Value::Bool(_) | Value::Number(_) = value.value
                    && let Some(text) = text(&value.value)
                {
                    value.value = Value::String(text);
                }
            }
        }
        _ => {}
    }
}

/// `NAME=value` as a key and its value; nothing without `=`.
fn entry(item: Node) -> (Key, Node) {
    let Value::String(text) = &item.value else { return (Key::new("", None), item) };
    let (name, value) = match text.split_once('=') {
        None => (text.clone(), Node::new(Value::Null, item.origin.clone())),
        Some((name, value)) => {
            let at = name.len() + 1;
            (name.into(), Node::new(value, slice(&item, at..text.len())))
        }
    };
    let span: Option<Span> = slice(&item, 0..name.len()).span().filter(|_| !name.is_empty());
    (Key::new(name, span), value)
}

/// Refuses names with a space at the end, in the list form of variables.
pub(crate) fn variables(node: &mut Node, context: &mut Context<'_>) {
    if let Value::Sequence(items) = &node.value {
        for item in items {
            let Some(text) = item.as_str() else { continue };
            let name = text.split_once('=').map_or(text, |(name, _)| name);
            if name.ends_with(|last: char| last.is_whitespace()) {
                let origin: Origin = slice(item, 0..name.len());
                context.error(INVALID_VALUE, &origin, &format!("has a variable whose name `{name}` ends with a space"));
            }
        }
    }
    to_map(node, context);
}

/// As [`to_map`], for lists in which each item must have a value. docker compose keeps the map.
pub(crate) fn pairs(node: &mut Node, context: &mut Context<'_>) {
    if let Value::Sequence(items) = &node.value
        && let Some(item) = items.iter().find(|item| item.as_str().is_some_and(|text| !text.contains('=')))
    {
        context.unreadable_because(item, "a list of `NAME=value`", &"the `=` is missing");
        return;
    }
    to_map(node, context);
    if is_listed(node) {
        node.tag = None;
    }
}
