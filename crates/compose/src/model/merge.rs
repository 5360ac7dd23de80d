//! One document onto another: `-f a -f b`, `extends`, `include`. Later wins, by each attribute's rule.
//!
//! Both sides may be in short or long form. A value that moves keeps its place.

use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Map, Node, Value};

use crate::model::context::Context;
use crate::model::long::list_of_one;
use crate::model::project::TOP_LEVEL;
use crate::model::rule::{Entries, Merge, Object, Rule};
use crate::model::table;

const CANNOT_MERGE: Code = Code("compose::cannot-merge");

/// Puts `over` onto `base`.
pub(crate) fn document(base: &mut Node, over: Node, context: &mut Context<'_>) {
    static DOCUMENT: Rule = Rule::object(&TOP_LEVEL);
    onto(base, over, Some(&DOCUMENT), context);
}

/// Puts `over` onto `base` by `rule`; where Compose knows no rule (`x-…`), as any YAML.
pub(crate) fn onto(base: &mut Node, over: Node, rule: Option<&'static Rule>, context: &mut Context<'_>) {
    match rule.map_or(Merge::Auto, |rule| rule.merge) {
        Merge::Auto => plain(base, over, rule, context),
        Merge::Replace => *base = over,
        Merge::Sequence => {
            into_sequence(base);
            append(base, into_items(over));
        }
        Merge::Table => {
            let mut over = over;
            if over.is_null() {
                return;
            }
            let mut node_tag = false;
            for side in [&mut *base, &mut over] {
                list_of_one(side, context);
                table::to_map(side, context);
                // docker compose makes a sorted list of a map.
                if let Value::Map(map) = &mut side.value
                    && side.tag.is_none()
                {
                    map.sort_keys();
                }
            }
            match (&mut base.value, over.value) {
                (Value::Map(base), Value::Map(over)) => {
                    for (key, value) in over {
                        base.insert(key, value);
                    }
                    node_tag = true;
                }
                (_, value) => {
                    // One of the two is no table: the check will say so.
                    base.value = value;
                    base.origin = over.origin;
                }
            }
            if node_tag {
                base.tag = Some(table::LISTED.into());
            }
        }
        Merge::By(merge) => {
            if let Some(rule) = rule {
                merge(base, over, rule, context);
            }
        }
    }
}

/// Maps by key, lists one after the other, scalars by the later one; nothing changes nothing.
pub(crate) fn plain(base: &mut Node, over: Node, rule: Option<&'static Rule>, context: &mut Context<'_>) {
    if over.is_null() {
        return;
    }
    match (&mut base.value, over) {
        (Value::Map(base), Node { value: Value::Map(over), .. }) => maps(base, over, rule, context),
        (Value::Sequence(base), Node { value: Value::Sequence(over), .. }) => base.extend(over),
        (Value::Map(_) | Value::Sequence(_), over) => {
            let kind = if matches!(base.value, Value::Map(_)) { "a map" } else { "a list" };
            let diagnostic =
                Diagnostic::error(CANNOT_MERGE, format!("{} is {kind} in an earlier file, so it must be one here", context.subject()))
                    .origin(&over.origin, format!("this is {}", over.value.kind()))
                    .label(base.span(), "the earlier value")
                    .help("write it in the same form, or put `!override` before it to replace the earlier value");
            context.report(diagnostic);
        }
        (_, over) => *base = over,
    }
}

/// Puts each entry of `over` onto that of `base`.
pub(crate) fn maps(base: &mut Map, over: Map, rule: Option<&'static Rule>, context: &mut Context<'_>) {
    let entries = rule.map_or(Entries::Any, |rule| rule.entries);
    for (key, value) in over {
        let Some(earlier) = base.get_mut(key.as_str()) else {
            base.insert(key, value);
            continue;
        };
        context.within_name(key.name(), |context| onto(earlier, value, inner(entries, key.as_str()), context));
    }
}

/// The rule of the value under `key`.
fn inner(entries: Entries, key: &str) -> Option<&'static Rule> {
    match entries {
        Entries::None | Entries::Any => None,
        Entries::Object(attributes) => field(attributes, key),
        Entries::Names(names) => Some(&names.rule),
    }
}

fn field(attributes: &'static Object, key: &str) -> Option<&'static Rule> {
    attributes.find(key).map(|found| &attributes.fields[found].rule)
}

/// Makes a text a list of one, and nothing a list of none.
pub(crate) fn into_sequence(node: &mut Node) {
    match &node.value {
        Value::Sequence(_) => {}
        Value::Null => node.value = Value::Sequence(Vec::new()),
        _ => {
            let item = std::mem::take(node);
            *node = Node::new(Value::Sequence(Vec::new()), item.origin.clone());
            append(node, vec![item]);
        }
    }
}

fn into_items(node: Node) -> Vec<Node> {
    match node.value {
        Value::Sequence(items) => items,
        Value::Null => Vec::new(),
        _ => vec![node],
    }
}

fn append(base: &mut Node, over: Vec<Node>) {
    if let Value::Sequence(items) = &mut base.value {
        items.extend(over);
    }
}

/// A list of names as a map in which each has `value`; anything else stays.
pub(crate) fn into_names(node: &mut Node, value: impl Fn(&Node) -> Node) {
    if let Value::Sequence(items) = &mut node.value
        && items.iter().all(|item| item.as_str().is_some())
    {
        let mut map = Map::new();
        for item in std::mem::take(items) {
            let entry = value(&item);
            if let Value::String(name) = item.value {
                map.insert(windlass_yaml::Key::new(name, item.origin.span()), entry);
            }
        }
        node.value = Value::Map(map);
    }
}
