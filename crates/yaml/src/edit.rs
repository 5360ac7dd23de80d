//! A text and a change to its tree in, the edits that make the change out. All other bytes stay as they are.
//!
//! The helpers return `None` where the change can't be made in place: the value came through an alias or a merge key, an
//! anchor would be lost, or the entry is written in a way (`? key`) that has to be edited by hand.

use std::ops::Range;

use windlass_source::{Edit, Span};

use crate::map::{Key, Map};
use crate::node::{Node, Value};
use crate::write::{self, Style};

/// Edits that can't be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditError {
    /// Two edits change the same bytes.
    Overlap(Span, Span),
    /// An edit lies outside of the text, or inside a character.
    OutOfBounds(Span),
    /// Edits of several files.
    SeveralFiles(Span, Span),
}

impl std::fmt::Display for EditError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overlap(a, b) => write!(formatter, "edits of bytes {:?} and {:?} overlap", a.range(), b.range()),
            Self::OutOfBounds(span) => write!(formatter, "bytes {:?} can't be edited", span.range()),
            Self::SeveralFiles(..) => formatter.write_str("the edits belong to several files"),
        }
    }
}

impl std::error::Error for EditError {}

/// The text after the edits, in whatever order they come. Several insertions at one place keep theirs.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (index, edit) in sorted.iter().enumerate() {
        let Range { start, end } = edit.span.range();
        if let Some(before) = index.checked_sub(1).map(|before| sorted[before].span) {
            if before.file != edit.span.file {
                return Err(EditError::SeveralFiles(before, edit.span));
            }
            if start < at {
                return Err(EditError::Overlap(before, edit.span));
            }
        }
        if text.get(start..end).is_none() {
            return Err(EditError::OutOfBounds(edit.span));
        }
        out.push_str(text.get(at..start).ok_or(EditError::OutOfBounds(edit.span))?);
        out.push_str(&edit.replacement);
        at = end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// Another value in the place of a scalar, an alias or nothing; on one line, in the quotes that stand there if it can.
pub fn replace_scalar(text: &str, node: &Node, with: &Value) -> Option<Edit> {
    let span = written(node)?;
    if matches!(node.value, Value::Sequence(_) | Value::Map(_)) && node.origin.used_at().is_none() {
        return None;
    }
    let before = text.get(span.range())?;
    if node.origin.used_at().is_some() && !is_aliased_itself(text, node, before) {
        return None;
    }
    let mut replacement = write::scalar_text(with, before, Style::Kubernetes);
    if before.is_empty() {
        let (head, tail) = text.split_at(span.start as usize);
        match head.chars().next_back() {
            None | Some(' ' | '\t' | '\n') => {}
            // Behind a colon, a dash, an anchor or a tag; else behind a key without colon: `{a}`.
            Some(':' | '-') => replacement.insert(0, ' '),
            Some(_) if last_word(head).starts_with(['&', '!']) => replacement.insert(0, ' '),
            Some(_) => replacement.insert_str(0, ": "),
        }
        if !tail.is_empty() && !tail.starts_with([' ', '\t', '\n', '\r', ',', ']', '}']) {
            replacement.push(' ');
        }
    }
    Some(Edit { span, replacement })
}

/// A new entry in a map, behind the entry `after` or, without it, as the first.
pub fn insert_entry(text: &str, map: &Node, after: Option<&str>, key: &str, value: &Node, style: Style) -> Option<Edit> {
    let (span, entries) = written_map(map)?;
    if entries.contains_key(key) {
        return None;
    }
    let after = match after {
        None => None,
        Some(after) => Some(own_entry(span, entries, after)?),
    };
    if text[span.range()].starts_with('{') {
        return insert_into_brackets(text, span, entries, after, key, value, style);
    }
    if is_pair_in_list(text, span) {
        return None;
    }
    let indent = column(text, span.start as usize);
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut node = Map::new();
    node.insert(key, value.clone());
    let block = write::node_to_string(&Node::new(node, value.origin.clone()), style);
    let lines: Vec<String> = block
        .trim_end_matches('\n')
        .split('\n')
        .enumerate()
        .map(|(at, line)| if line.is_empty() || at == 0 { line.to_owned() } else { " ".repeat(indent) + line })
        .collect();
    // The line breaks that end a kept text belong to it.
    let kept = "\n".repeat(block.len() - block.trim_end_matches('\n').len() - 1);
    let entry = (lines.join("\n") + &kept).replace('\n', line_break);
    let spaces = " ".repeat(indent);
    let Some((_, last)) = after else {
        let at = span.start as usize;
        return Some(Edit { span: span.slice(0..0), replacement: entry + line_break + &spaces }).filter(|_| is_start_of_block(text, at));
    };
    let end = end_of_entry(text, last, indent)?;
    if end > 0 && !text[..end].ends_with('\n') {
        // The last line has no break: a block text would get one.
        if last_scalar(last).is_some_and(|scalar| is_block_scalar(text, scalar)) {
            return None;
        }
        return Some(Edit { span: Span::new(span.file, end..end), replacement: [line_break, &spaces, &entry, line_break].concat() });
    }
    Some(Edit { span: Span::new(span.file, end..end), replacement: [&spaces, &entry, line_break].concat() })
}

/// Takes an entry out of a map; of a map with one entry, `{}` stays. Comments on the entry's own lines, and those that stand deeper than its
/// key, go with it.
pub fn remove_entry(text: &str, map: &Node, key: &str) -> Option<Edit> {
    let (span, entries) = written_map(map)?;
    let (key, value) = own_entry(span, entries, key)?;
    let at = entries.keys().position(|known| known == key)?;
    let previous = at.checked_sub(1).and_then(|before| entries.iter().nth(before));
    let next = entries.iter().nth(at + 1);
    // Keys that a merge key brought come last and stand elsewhere.
    let next = next.filter(|(next, _)| next.span.is_some_and(|other| contains(span, other)));
    let key_start = key.span?.start as usize;
    let value_end = written(value)?.end as usize;
    let removed = if text[span.range()].starts_with('{') {
        match (previous, next) {
            (_, Some((next, _))) => key_start..next.span?.start as usize,
            (Some((_, previous)), None) => written(previous)?.end as usize..past_comma(text, value_end),
            (None, None) => key_start..past_comma(text, value_end),
        }
    } else {
        if is_pair_in_list(text, span) {
            return None;
        }
        if previous.is_none() && next.is_none() {
            // Merge keys may stand beside it.
            if entries.len() > 1 || text[span.range()].contains("<<") {
                return None;
            }
            if !is_start_of_block(text, key_start) || loses_anchor(text, &(key_start..value_end)) {
                return None;
            }
            return Some(Edit { span: Span::new(span.file, key_start..value_end), replacement: "{}".to_owned() });
        }
        let line = line_start(text, key_start);
        let mut end = end_of_entry(text, value, column(text, key_start))?;
        let keeps_blank_lines = previous.and_then(|(_, value)| last_scalar(value)).is_some_and(|scalar| is_kept(text, scalar));
        if keeps_blank_lines {
            end = skip_blank_lines(text, end);
        }
        let prefix = &text[line..key_start];
        if prefix.bytes().all(|byte| byte == b' ') {
            line..end
        } else if previous.is_none() && prefix.bytes().all(|byte| matches!(byte, b' ' | b'-')) {
            // The line of a dash: what comes next moves up to it.
            let rest = &text[end..];
            key_start..end + (rest.len() - rest.trim_start_matches([' ', '\n', '\r']).len())
        } else {
            return None;
        }
    };
    // Between the entries of brackets, only commas and blanks may go.
    let is_plain_gap = |gap: &str| gap.chars().all(|character| matches!(character, ' ' | '\n' | '\r' | ','));
    if text[span.range()].starts_with('{') {
        let before = removed.start.min(key_start)..key_start;
        let behind = value_end.min(removed.end)..removed.end;
        if !is_plain_gap(&text[before]) || !is_plain_gap(&text[behind]) || !follows_bracket_or_comma(text, key_start) {
            return None;
        }
    }
    if loses_anchor(text, &removed) {
        return None;
    }
    Some(Edit { span: Span::new(span.file, removed), replacement: String::new() })
}

fn insert_into_brackets(
    text: &str,
    span: Span,
    entries: &Map,
    after: Option<(&Key, &Node)>,
    key: &str,
    value: &Node,
    style: Style,
) -> Option<Edit> {
    let mut pair = Map::new();
    pair.insert(key, value.clone());
    let entry = write::flow_text(&Value::Map(pair), style);
    let entry = entry.strip_prefix('{')?.strip_suffix('}')?.to_owned();
    let (at, replacement) = match after {
        Some((key, value)) => {
            let end = written(value)?.end as usize;
            // A value that is not there, behind `key:`, needs a space before the comma as little as after it.
            (end.max(key.span?.end as usize), format!(", {entry}"))
        }
        None if entries.is_empty() && text[span.range()].trim_start_matches('{').trim_start().starts_with('}') => {
            (span.start as usize + 1, entry)
        }
        None if entries.is_empty() => return None,
        None => (span.start as usize + 1, format!("{entry}, ")),
    };
    Some(Edit { span: Span::new(span.file, at..at), replacement })
}

/// Where a value is written in its own place: at its alias, if it came through one.
fn written(node: &Node) -> Option<Span> {
    node.origin.used_at().or(node.span())
}

/// True for the value of an anchor, false for what lies inside of it.
fn is_aliased_itself(text: &str, node: &Node, alias: &str) -> bool {
    let Some(span) = node.span() else { return false };
    let mut head = text[..span.start as usize].trim_end();
    if last_word(head).starts_with('!') {
        head = head[..head.len() - last_word(head).len()].trim_end();
    }
    last_word(head).strip_prefix('&').is_some_and(|name| alias.strip_prefix('*') == Some(name))
}

/// A map that stands where it is used.
fn written_map(node: &Node) -> Option<(Span, &Map)> {
    node.origin.used_at().is_none().then_some(())?;
    Some((node.span()?, node.as_map()?))
}

/// An entry that stands in the map itself.
fn own_entry<'map>(span: Span, entries: &'map Map, key: &str) -> Option<(&'map Key, &'map Node)> {
    entries.get_entry(key).filter(|(key, _)| key.span.is_some_and(|other| contains(span, other)))
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |line_break| line_break + 1)
}

fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].trim_start_matches('\u{feff}').chars().count()
}

fn last_word(text: &str) -> &str {
    text.rsplit([' ', '\t', '\n']).next().unwrap_or_default()
}

/// True when nothing but blanks, dashes and a byte-order mark stand before it on its line.
fn is_start_of_block(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at].trim_start_matches('\u{feff}').bytes().all(|byte| matches!(byte, b' ' | b'-'))
}

/// True for `[a: b]`, a map without braces inside brackets.
fn is_pair_in_list(text: &str, span: Span) -> bool {
    text[..span.start as usize].trim_end().ends_with(['[', ','])
}

/// Behind the comma that follows, if one does.
fn past_comma(text: &str, at: usize) -> usize {
    let rest = text[at..].trim_start();
    if rest.starts_with(',') { text.len() - rest.len() + 1 } else { at }
}

fn follows_bracket_or_comma(text: &str, at: usize) -> bool {
    text[..at].trim_end().ends_with(['{', ','])
}

/// The start of the line behind an entry of a block whose key has `indent`, or the end of the text. Comments that stand
/// deeper belong to it. `None` if more than a comment follows on the entry's last line.
fn end_of_entry(text: &str, value: &Node, indent: usize) -> Option<usize> {
    let mut end = written(value)?.end as usize;
    // The header of an empty block text may have a comment; the last line of others is theirs alone.
    let rest = &text[end..];
    let line = rest.find('\n').map_or(rest.len(), |line_break| line_break + 1);
    let tail = rest[..line].trim();
    if !tail.is_empty() && !tail.starts_with('#') {
        return None;
    }
    end += line;
    if last_scalar(value).is_some_and(|scalar| is_kept(text, scalar)) {
        end = skip_blank_lines(text, end);
    }
    Some(skip_deeper_comments(text, end, indent))
}

fn skip_deeper_comments(text: &str, mut end: usize, indent: usize) -> usize {
    let mut at = end;
    for line in text[end..].split_inclusive('\n') {
        at += line.len();
        let content = line.trim_start_matches(' ');
        if content.starts_with('#') && line.len() - content.len() > indent {
            end = at;
        } else if !content.trim().is_empty() {
            break;
        }
    }
    end
}

fn skip_blank_lines(text: &str, mut at: usize) -> usize {
    while let Some(line_break) = text[at..].find('\n') {
        if !text[at..at + line_break].trim().is_empty() {
            break;
        }
        at += line_break + 1;
    }
    at
}

/// The scalar that a value ends with, unless it came through an alias.
fn last_scalar(node: &Node) -> Option<&Node> {
    if node.origin.used_at().is_some() {
        return None;
    }
    match &node.value {
        Value::Sequence(items) => last_scalar(items.last()?),
        Value::Map(map) => {
            let span = node.span()?;
            // Keys that a merge key brought stand elsewhere.
            let own = map.iter().rev().find(|(key, _)| key.span.is_some_and(|key| contains(span, key)));
            last_scalar(own?.1)
        }
        _ => Some(node),
    }
}

fn is_block_scalar(text: &str, node: &Node) -> bool {
    node.span().and_then(|span| text.get(span.range())).is_some_and(|token| token.starts_with(['|', '>']))
}

/// True for a block text whose trailing line breaks count.
fn is_kept(text: &str, node: &Node) -> bool {
    let Some(token) = node.span().and_then(|span| text.get(span.range())) else { return false };
    token.starts_with(['|', '>']) && token.bytes().take(3).any(|byte| byte == b'+')
}

/// True when an alias elsewhere needs an anchor in these bytes.
fn loses_anchor(text: &str, removed: &Range<usize>) -> bool {
    text[removed.clone()].split('&').skip(1).any(|tail| {
        let name = tail.split([' ', '\t', '\n', '\r', ',', '[', ']', '{', '}']).next().unwrap_or_default();
        let alias = format!("*{name}");
        !name.is_empty() && (text[..removed.start].contains(&alias) || text[removed.end..].contains(&alias))
    })
}
