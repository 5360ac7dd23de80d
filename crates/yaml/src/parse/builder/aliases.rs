//! Anchors, aliases and merge keys: what is copied, and how much of it.

use std::ops::Range;
use std::sync::Arc;

use windlass_source::{Span, Trace};

use super::{Anchored, Builder, PendingKey};
use crate::map::{Key, Map};
use crate::node::{Node, Value};
use crate::parse::fault::{self, Fault};

impl Builder<'_> {
    /// An alias whose anchor does not stand before it.
    pub(in crate::parse) fn unknown_alias(&mut self, name: &str, range: Range<usize>) -> Result<(), Fault> {
        self.count(1)?;
        self.last_end = range.end;
        let span = self.span(range.start, range.end);
        self.report(*fault::unknown_anchor(name, span));
        if self.expects_key() {
            self.set_key(PendingKey::Refused);
        } else {
            self.deliver(Node::new(Value::Null, span), 0);
        }
        Ok(())
    }

    pub(in crate::parse) fn alias(&mut self, id: usize, range: Range<usize>) -> Result<(), Fault> {
        let Range { start, end } = range;
        let span = self.span(start, end);
        self.last_end = end;
        let Some(anchored) = self.anchors.get(id.wrapping_sub(self.first_anchor)).and_then(Option::as_ref) else {
            return Err(fault::alias_cycle(&self.text[start..end], span));
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        if !self.may_copy(nodes) {
            return Err(fault::too_many_copies(span));
        }
        self.alias_nodes += nodes;
        self.count(nodes)?;
        if self.stack.len() + height > self.budget.depth {
            return Err(fault::too_deep(span, self.budget));
        }
        let expects_key = self.expects_key();
        let Some(anchored) = self.anchors.get(id.wrapping_sub(self.first_anchor)).and_then(Option::as_ref) else { return Ok(()) };
        if expects_key && height == 0 {
            let key = match (&anchored.node.value, anchored.node.span()) {
                (Value::String(name), _) => PendingKey::Key(Key::new(name.clone(), span)),
                (value, Some(written)) => match self.key(value, written) {
                    PendingKey::Key(mut key) => {
                        key.span = Some(span);
                        PendingKey::Key(key)
                    }
                    other => other,
                },
                (_, None) => PendingKey::Refused,
            };
            self.set_key(key);
            return Ok(());
        }
        let trace = Arc::new(Trace { parts: Vec::new(), used_at: Some(span) });
        let node = copy(&anchored.node, &trace);
        self.deliver(node, height);
        Ok(())
    }

    /// Remembers the finished value of an anchor.
    pub(super) fn anchor(&mut self, anchor: usize, node: &Node, nodes_before: usize, height: usize) -> Result<(), Fault> {
        let nodes = self.nodes - nodes_before;
        // The copy that waits for its aliases costs as much as theirs.
        if !self.may_copy(nodes) {
            return Err(fault::too_many_anchored(node));
        }
        self.reserve(anchor);
        self.anchors[anchor - self.first_anchor] = Some(Anchored { node: node.clone(), nodes, height });
        Ok(())
    }

    /// Counts copies, of which a long text may need more than a short one.
    fn may_copy(&mut self, nodes: usize) -> bool {
        self.copies += nodes;
        self.copies <= self.budget.alias_nodes + (self.nodes - self.alias_nodes)
    }

    pub(super) fn reserve(&mut self, anchor: usize) {
        let count = anchor - self.first_anchor + 1;
        if self.anchors.len() < count {
            self.anchors.resize_with(count, || None);
        }
    }
}

/// A copy in which every value says that it came through an alias.
fn copy(node: &Node, trace: &Arc<Trace>) -> Node {
    let value = match &node.value {
        Value::Sequence(items) => Value::Sequence(items.iter().map(|item| copy(item, trace)).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(key, value)| (key.clone(), copy(value, trace))).collect()),
        scalar => scalar.clone(),
    };
    Node { value, origin: node.origin.clone().with_trace(trace.clone()), tag: node.tag.clone() }
}

/// `<<`: keys that the map has win, then those of earlier maps of the list.
pub(super) fn merge_into(map: &mut Map, merged: Node, key: Span) -> Result<(), Fault> {
    match merged.value {
        Value::Map(other) => add_missing(map, other),
        // go-yaml takes a list where it is written, not through an alias.
        Value::Sequence(ref items) => {
            if let Some(wrong) = items.iter().find(|item| item.as_map().is_none()) {
                return Err(fault::wrong_merge(wrong, key));
            }
            let Value::Sequence(items) = merged.value else { return Ok(()) };
            for item in items {
                if let Value::Map(other) = item.value {
                    add_missing(map, other);
                }
            }
        }
        _ => return Err(fault::wrong_merge(&merged, key)),
    }
    Ok(())
}

fn add_missing(map: &mut Map, other: Map) {
    for (key, value) in other {
        // The error holds the place of the key that wins; that is what merging means.
        let _ = map.insert_new(key, value);
    }
}
