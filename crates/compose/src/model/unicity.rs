//! Lists in which an item replaces an earlier one that means the same: a port, a mount, a label.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::rule::Aspects;
use crate::model::walk::walk;

/// Takes out of each such list what a later item replaces; the later one stands where the earlier one stood.
pub(crate) fn document(tree: &mut Node, context: &mut Context<'_>) {
    walk(tree, Aspects::IDENTITY, context, &mut |node, rule, _| {
        if let (Value::Sequence(items), Some(identity)) = (&mut node.value, rule.identity)
            && items.len() > 1
        {
            keep_last(items, identity);
        }
    });
}

fn keep_last(items: &mut Vec<Node>, identity: fn(&Node) -> Option<SmolStr>) {
    if items.len() <= 16 {
        // Short lists are the rule, and seldom hold anything twice.
        let names: Vec<SmolStr> = items.iter().filter_map(identity).collect();
        if names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)) {
            return;
        }
    }
    let mut places: BTreeMap<SmolStr, usize> = BTreeMap::new();
    let mut kept: Vec<Node> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        // What has no identity is wrong, and the check's to report.
        let Some(name) = identity(&item) else {
            kept.push(item);
            continue;
        };
        match places.get(&name) {
            Some(&at) => kept[at] = item,
            None => {
                places.insert(name, kept.len());
                kept.push(item);
            }
        }
    }
    *items = kept;
}
