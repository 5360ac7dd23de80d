//! The walk of a tree along its rules, to where a pass has something to do.

use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::project::TOP_LEVEL;
use crate::model::rule::{Aspects, Entries, Object, Rule};

/// Calls `visit` on each value of the document whose rule has `aspect`, outer ones first.
pub(crate) fn walk(tree: &mut Node, aspect: Aspects, context: &mut Context<'_>, visit: &mut Visit<'_>) {
    object(tree, &TOP_LEVEL, aspect, context, visit);
}

/// What is done with a value and its rule.
pub(crate) type Visit<'v> = dyn FnMut(&mut Node, &'static Rule, &mut Context<'_>) + 'v;

fn value(node: &mut Node, rule: &'static Rule, aspect: Aspects, context: &mut Context<'_>, visit: &mut Visit<'_>) {
    if !rule.aspects.has(aspect) {
        return;
    }
    visit(node, rule, context);
    match (&mut node.value, rule.entries, rule.items) {
        (Value::Map(_), Entries::Object(attributes), _) => object(node, attributes, aspect, context, visit),
        (Value::Map(map), Entries::Names(names), _) if names.rule.aspects.has(aspect) => {
            for (key, entry) in map.iter_mut() {
                context.within_name(key.name(), |context| value(entry, &names.rule, aspect, context, visit));
            }
        }
        (Value::Sequence(items), _, Some(rule)) if rule.aspects.has(aspect) => {
            for (index, item) in items.iter_mut().enumerate() {
                context.within_item(index, |context| value(item, rule, aspect, context, visit));
            }
        }
        _ => {}
    }
}

fn object(node: &mut Node, attributes: &'static Object, aspect: Aspects, context: &mut Context<'_>, visit: &mut Visit<'_>) {
    let Value::Map(map) = &mut node.value else { return };
    for (key, entry) in map.iter_mut() {
        let Some(found) = attributes.find(key.as_str()) else { continue };
        let field = &attributes.fields[found];
        if field.rule.aspects.has(aspect) {
            context.within(field.key, |context| value(entry, &field.rule, aspect, context, visit));
        }
    }
}
