//! Whether a merged document is made of what Compose knows: attributes, kinds of values, words, required parts.
//!
//! Lists of the short forms pass here; what their texts mean is looked at when they become long (`canonical`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use windlass_source::{Code, Diagnostic, Origin, closest};
use windlass_yaml::{Key, Map, Node, Number, Value};

use crate::model::context::{Context, INVALID_VALUE};
use crate::model::project::TOP_LEVEL;
use crate::model::read::text;
use crate::model::rule::{Entries, Kinds, Limit, Object, Rule, one_of};

const UNKNOWN_ATTRIBUTE: Code = Code("compose::unknown-attribute");
const INVALID_NAME: Code = Code("compose::invalid-name");
const MISSING_ATTRIBUTE: Code = Code("compose::missing-attribute");
const DUPLICATE_ITEM: Code = Code("compose::duplicate-item");

/// Reports all that Compose does not know or take.
pub(crate) fn document(tree: &Node, context: &mut Context<'_>) {
    match &tree.value {
        Value::Map(map) => object(tree, map, &TOP_LEVEL, context),
        _ => context.wrong_type(tree, "a map"),
    }
}

fn value(node: &Node, rule: &Rule, context: &mut Context<'_>) {
    if context.is_full() {
        return;
    }
    let kinds = match &node.value {
        Value::Map(map) => match rule.entries {
            Entries::None => return wrong_kind(node, rule, context),
            Entries::Any => return,
            Entries::Object(attributes) => return object(node, map, attributes, context),
            Entries::Names(names) => {
                for (key, entry) in map.iter() {
                    if (names.allows)(key.as_str()) {
                        context.within_name(key.name(), |context| value(entry, &names.rule, context));
                    } else if let (Some(wanted), Some(_)) = (names.wanted, key.span) {
                        // A name without a place comes from the list form, where anything may stand before the `=`.
                        invalid_name(key, wanted, context);
                    }
                }
                return;
            }
        },
        Value::Sequence(items) => match rule.items {
            None => return wrong_kind(node, rule, context),
            Some(item_rule) => {
                for (index, item) in items.iter().enumerate() {
                    context.within_item(index, |context| value(item, item_rule, context));
                }
                if rule.distinct && items.len() > 1 {
                    distinct(items, context);
                }
                return;
            }
        },
        Value::Null => Kinds::NULL,
        Value::Bool(_) => Kinds::BOOL,
        Value::String(_) => Kinds::TEXT,
        Value::Timestamp(_) => Kinds::NONE,
        Value::Number(Number::Int(_) | Number::UInt(_)) => Kinds::INT,
        // As in JSON schema, `1.0` is a whole number.
        Value::Number(Number::Float(number)) if number.fract() == 0.0 => Kinds::INT,
        Value::Number(Number::Float(_)) => Kinds::NUMBER,
    };
    if kinds == Kinds::NONE || !rule.kinds.has(kinds) {
        return wrong_kind(node, rule, context);
    }
    limit(node, rule, context);
}

fn limit(node: &Node, rule: &Rule, context: &mut Context<'_>) {
    match (rule.limit, &node.value) {
        (Limit::Words(words), Value::String(text)) if !words.contains(&text.as_str()) => {
            let mut diagnostic = Diagnostic::error(INVALID_VALUE, format!("{} cannot be `{text}`", context.subject()))
                .origin(&node.origin, "")
                .help(format!("use {}", one_of(words)));
            if let Some(word) = closest(text, words.iter().copied()) {
                diagnostic.labels[..].iter_mut().take(1).for_each(|label| label.message = format!("did you mean `{word}`?"));
            }
            context.report(diagnostic);
        }
        (Limit::Range(least, most), Value::Number(number)) => {
            let within = match number {
                Number::Int(number) => (least..=most).contains(number),
                Number::UInt(_) => false,
                Number::Float(number) => *number >= least as f64 && *number <= most as f64,
            };
            if !within {
                let wanted = if most == i64::MAX { format!("at least {least}") } else { format!("from {least} to {most}") };
                context.unreadable(node, &wanted);
            }
        }
        (Limit::Text(allows, wanted), Value::String(text)) if !allows(text) => context.unreadable(node, wanted),
        _ => {}
    }
}

fn object(node: &Node, map: &Map, attributes: &'static Object, context: &mut Context<'_>) {
    for (key, entry) in map.iter() {
        if context.is_full() {
            return;
        }
        match attributes.find(key.as_str()) {
            Some(found) => {
                let field = &attributes.fields[found];
                context.within(field.key, |context| value(entry, &field.rule, context));
            }
            None if attributes.open || attributes.extensible && key.as_str().starts_with("x-") => {}
            None => unknown(key, attributes, context),
        }
    }
    for required in attributes.required {
        if !map.contains_key(required) {
            context.error(MISSING_ATTRIBUTE, &node.origin, &format!("needs `{required}`"));
        }
    }
}

fn unknown(key: &Key, attributes: &Object, context: &mut Context<'_>) {
    let name = key.as_str();
    let close = closest(name, attributes.fields.iter().map(|field| field.key));
    let label = close.map(|close| format!("did you mean `{close}`?")).unwrap_or_default();
    let mut diagnostic =
        Diagnostic::error(UNKNOWN_ATTRIBUTE, format!("{} has no attribute `{name}`", context.subject())).label(key.span, label);
    if let Some((_, now)) = attributes.moved.iter().find(|(old, _)| *old == name) {
        diagnostic = diagnostic.help(format!("Compose has {now} instead"));
    } else if attributes.extensible {
        diagnostic = diagnostic.help("attributes of your own start with `x-`");
    }
    context.report(diagnostic);
}

fn invalid_name(key: &Key, wanted: &str, context: &mut Context<'_>) {
    let name = key.as_str();
    let origin = key.span.map_or(Origin::DEFAULT, Origin::at);
    let diagnostic = Diagnostic::error(INVALID_NAME, format!("{} cannot have the name `{name}`", context.subject()))
        .origin(&origin, "")
        .help(format!("a name consists of {wanted}"));
    context.report(diagnostic);
}

fn wrong_kind(node: &Node, rule: &Rule, context: &mut Context<'_>) {
    let mut wanted: Vec<&str> = Vec::new();
    // A text that only stands for a number or a truth value is not worth the mention.
    let is_text = rule.kinds.has(Kinds::TEXT) && rule.cast.is_none() && (rule.kinds.has(Kinds::INT) || !rule.kinds.has(Kinds::BOOL));
    if is_text {
        wanted.push("text");
    }
    if rule.kinds.has(Kinds::NUMBER) {
        wanted.push("a number");
    } else if rule.kinds.has(Kinds::INT) {
        wanted.push("a whole number");
    }
    if rule.kinds.has(Kinds::BOOL) {
        wanted.push("`true` or `false`");
    }
    if rule.items.is_some() {
        wanted.push("a list");
    }
    if !matches!(rule.entries, Entries::None) {
        wanted.push("a map");
    }
    let wanted = match wanted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
    };
    let mut diagnostic = Diagnostic::error(crate::model::context::WRONG_TYPE, format!("{} must be {wanted}", context.subject()))
        .origin(&node.origin, format!("this is {}", node.value.kind()));
    diagnostic = match &node.value {
        Value::Null => diagnostic.help("remove the line, or give it a value"),
        Value::Number(_) | Value::Bool(_) | Value::Timestamp(_) if is_text => diagnostic.help("write it in quotes"),
        _ if wanted == "nothing" => diagnostic.help("remove the value"),
        _ => diagnostic.help(format!("write {wanted} here")),
    };
    context.report(diagnostic);
}

/// Reports items that stand in the list twice.
fn distinct(items: &[Node], context: &mut Context<'_>) {
    let mut seen: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        match seen.entry(fingerprint(item)) {
            Entry::Vacant(place) => {
                place.insert(index);
            }
            Entry::Occupied(first) => {
                let subject = context.within_item(index, |context| context.subject());
                let diagnostic = Diagnostic::error(DUPLICATE_ITEM, format!("{subject} stands there twice"))
                    .origin(&item.origin, "")
                    .label(items[*first.get()].span(), "first here")
                    .help("remove one of the two");
                context.report(diagnostic);
            }
        }
    }
}

/// A text that is the same for equal values alone; the order of keys has no meaning.
fn fingerprint(node: &Node) -> Cow<'_, str> {
    match &node.value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Sequence(items) => Cow::Owned(format!("\0[{:?}]", items.iter().map(fingerprint).collect::<Vec<_>>())),
        Value::Map(map) => {
            let entries: BTreeMap<_, _> = map.iter().map(|(key, entry)| (key.as_str(), fingerprint(entry))).collect();
            Cow::Owned(format!("\0{entries:?}"))
        }
        other => Cow::Owned(format!("\0{}", text(other).unwrap_or_default())),
    }
}
