//! The place of a part of a text.

use std::ops::Range;

use windlass_source::{Origin, Part, Span};
use windlass_yaml::Node;

/// The origin of the bytes `range` of a node's text. The place is exact where the text stands in the file as it is read;
/// where it was escaped or came from variables, it is the whole text's.
pub(crate) fn slice(node: &Node, range: Range<usize>) -> Origin {
    let Some(text) = node.as_str() else { return node.origin.clone() };
    let Some(span) = node.origin.span() else { return node.origin.clone() };
    let parts = node.origin.parts();
    let origin = Origin::at(if parts.is_empty() { place(span, text, range.clone()) } else { span });
    let origin = match node.origin.used_at() {
        Some(used_at) => origin.via_alias(used_at),
        None => origin,
    };
    // They stand in order, and a long text may have many.
    let first = parts.partition_point(|part| part.range.end as usize <= range.start);
    let within = parts[first..].iter().take_while(|part| (part.range.start as usize) < range.end);
    let parts: Vec<Part> = within.filter_map(|part| cut(part, &range)).collect();
    if parts.is_empty() { origin } else { origin.with_parts(parts) }
}

fn place(span: Span, text: &str, range: Range<usize>) -> Span {
    match (span.range().len()).checked_sub(text.len()) {
        Some(0) => span.slice(range),
        // Quotes, and nothing escaped.
        Some(2) => span.slice(range.start + 1..range.end + 1),
        _ => span,
    }
}

/// The part within `range`, counted from its start.
fn cut(part: &Part, range: &Range<usize>) -> Option<Part> {
    let start = (part.range.start as usize).max(range.start);
    let end = (part.range.end as usize).min(range.end);
    let within = |at: usize| u32::try_from(at - range.start).unwrap_or(u32::MAX);
    (start < end).then(|| Part { range: within(start)..within(end), variable: part.variable.clone(), source: part.source.clone() })
}
