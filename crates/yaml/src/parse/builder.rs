//! Scalars and the bounds of collections in, documents out: the stack of open maps and lists, anchors, aliases, merge keys, and what they may cost.

mod aliases;

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ScalarStyle, Tag};
use smol_str::SmolStr;
use windlass_source::{Diagnostic, FileId, Origin, Span};

use super::fault::{self, Fault};
use super::layout;
use super::resolve::{self, CoreTag};
use super::{Comment, Document, Parsed};
use crate::budget::Budget;
use crate::map::{Key, Map};
use crate::node::{self, Node, Value};

const MAX_DIAGNOSTICS: usize = 100;

/// An open map or list.
struct Frame {
    collection: Collection,
    start: usize,
    anchor: usize,
    tag: Option<node::Tag>,
    /// The number of values before this one, to know how many it holds.
    nodes_before: usize,
    /// Levels of maps and lists inside.
    height: usize,
}

enum Collection {
    Sequence(Vec<Node>),
    Map { map: Map, key: Option<PendingKey>, merge: Option<(Span, Node)> },
}

/// A key that waits for its value.
enum PendingKey {
    Key(Key),
    /// `<<`
    Merge(Span),
    /// A key that has been refused.
    Refused,
}

/// A value that has an anchor, and what a copy of it costs.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

pub(super) struct Builder<'text> {
    file: FileId,
    text: &'text str,
    budget: &'text Budget,
    stack: Vec<Frame>,
    root: Option<Node>,
    in_document: bool,
    /// By the number that the parser gives, less that of the document's first; `None` while the value is open.
    anchors: Vec<Option<Anchored>>,
    first_anchor: usize,
    comments: Vec<Comment>,
    nodes: usize,
    /// Those of them that aliases brought.
    alias_nodes: usize,
    /// Values that have been copied for anchors and aliases.
    copies: usize,
    /// Where the last token ended.
    last_end: usize,
    parsed: Parsed,
}

impl<'text> Builder<'text> {
    pub(super) fn new(file: FileId, text: &'text str, budget: &'text Budget) -> Self {
        Self {
            file,
            text,
            budget,
            stack: Vec::new(),
            root: None,
            in_document: false,
            anchors: Vec::new(),
            first_anchor: 0,
            comments: Vec::new(),
            nodes: 0,
            alias_nodes: 0,
            copies: 0,
            last_end: 0,
            parsed: Parsed::default(),
        }
    }

    pub(super) fn finish(mut self) -> Parsed {
        // Comments behind the last document belong to it.
        if let Some(last) = self.parsed.documents.last_mut() {
            last.comments.append(&mut self.comments);
        }
        self.parsed
    }

    /// Ends the document at a fault; what stands before it is kept.
    pub(super) fn abandon(&mut self, diagnostic: Diagnostic) {
        self.report(diagnostic);
        if !self.in_document {
            return;
        }
        while let Some(frame) = self.stack.pop() {
            let end = self.last_end;
            let node = self.close(frame, end);
            match self.stack.last_mut() {
                None => self.root = Some(node),
                // A value without key is part of a broken key.
                Some(Frame { collection: Collection::Map { key: None, .. }, .. }) => {}
                Some(_) => self.put(node),
            }
        }
        self.end_document(true);
    }

    /// A document whose content begins behind `at`.
    pub(super) fn start_document(&mut self, at: usize) {
        self.in_document = true;
        self.last_end = at;
    }

    /// Stands for a key that is elsewhere; its value follows.
    pub(super) fn key_elsewhere(&mut self) {
        self.set_key(PendingKey::Key(Key::new(SmolStr::default(), None)));
    }

    /// How many values there are so far.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    pub(super) fn finish_document(&mut self) {
        self.end_document(false);
    }

    pub(super) fn open_map(&mut self, range: Range<usize>, anchor: usize, tag: Option<Cow<'_, Tag>>) -> Result<(), Fault> {
        self.open(Collection::Map { map: Map::new(), key: None, merge: None }, range.start, anchor, tag)?;
        self.last_end = range.end;
        Ok(())
    }

    pub(super) fn open_sequence(&mut self, range: Range<usize>, anchor: usize, tag: Option<Cow<'_, Tag>>) -> Result<(), Fault> {
        self.open(Collection::Sequence(Vec::new()), range.start, anchor, tag)?;
        self.last_end = range.end;
        Ok(())
    }

    /// Ends the innermost map or list: at its bracket, or with its last value.
    pub(super) fn close_collection(&mut self, bracket_end: Option<usize>) -> Result<(), Fault> {
        self.last_end = bracket_end.unwrap_or(self.last_end);
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let (anchor, nodes_before, height) = (frame.anchor, frame.nodes_before, frame.height + 1);
        let end = self.last_end;
        let node = self.close(frame, end);
        if anchor != 0 {
            self.anchor(anchor, &node, nodes_before, height)?;
        }
        self.deliver(node, height);
        Ok(())
    }

    /// The place of a list's first dash, which a list at the indent of its key has before its event.
    pub(super) fn first_dash(&self, event: usize) -> usize {
        match self.stack.last() {
            Some(Frame { collection: Collection::Map { .. }, .. }) => {
                layout::find_indicator(self.text, self.last_end, b"-").map_or(event, |dash| dash.min(event))
            }
            _ => event,
        }
    }

    pub(super) fn comment(&mut self, range: Range<usize>) {
        self.comments.push(Comment { span: self.span(range.start, range.end) });
    }

    fn end_document(&mut self, is_broken: bool) {
        let root = self.root.take().unwrap_or_else(|| Node::new(Value::Null, self.span(self.last_end, self.last_end)));
        let comments = std::mem::take(&mut self.comments);
        self.parsed.documents.push(Document { root, comments, is_broken });
        self.in_document = false;
        self.stack.clear();
        // Anchors end with their document, their numbers go on.
        self.first_anchor += self.anchors.len();
        self.anchors.clear();
    }

    /// A scalar; nothing at all is plain and has an empty range.
    pub(super) fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        range: Range<usize>,
    ) -> Result<(), Fault> {
        self.count(1)?;
        let tag = tag.filter(|tag| !is_nonspecific(tag));
        let Range { mut start, mut end } = range;
        let is_plain = style == ScalarStyle::Plain;
        let is_empty = is_plain && start == end;
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => (start, end) = layout::block_scalar(self.text, self.last_end, (start, end)),
            ScalarStyle::DoubleQuoted if matches!(text, Cow::Owned(_)) => self.check_escapes(start, end)?,
            ScalarStyle::Plain if is_empty && anchor == 0 && tag.is_none() => {
                start = self.empty_place(start);
                end = start;
            }
            _ => {}
        }
        let span = self.span(start, end);
        // The parser writes nothing as `~`.
        let text = if is_empty { Cow::Borrowed("") } else { text };
        let (expects_key, is_untagged) = (self.expects_key(), tag.is_none());
        if expects_key && is_empty && is_untagged && anchor == 0 && !self.is_explicit_key() {
            self.report(*fault::missing_key(span));
            self.set_key(PendingKey::Refused);
            return Ok(());
        }
        self.last_end = end.max(self.last_end);
        let (value, tag) = match tag {
            None if is_plain => (resolve::plain(&text), None),
            None => (Value::String(into_smol_str(text)), None),
            Some(tag) => match self.tagged(text, &tag, span) {
                // The merge key may carry its tag.
                Ok(_) if expects_key && tag.suffix_in_namespace(YAML).as_deref() == Some("merge") => {
                    self.set_key(PendingKey::Merge(span));
                    return Ok(());
                }
                Ok(pair) => pair,
                Err(diagnostic) => {
                    self.report(*diagnostic);
                    (Value::Null, None)
                }
            },
        };
        if !expects_key {
            let node = Node { value, origin: Origin::at(span), tag };
            if anchor != 0 {
                self.anchor(anchor, &node, self.nodes - 1, 0)?;
            }
            self.deliver(node, 0);
            return Ok(());
        }
        let is_merge = is_plain && is_untagged && matches!(&value, Value::String(name) if name == "<<");
        let key = if is_merge { PendingKey::Merge(span) } else { self.key(&value, span) };
        if anchor != 0 {
            self.anchor(anchor, &Node { value, origin: Origin::at(span), tag }, self.nodes - 1, 0)?;
        }
        self.set_key(key);
        Ok(())
    }

    /// The place of a value that is not there: past its colon or dash, or where the key ends that has neither.
    fn empty_place(&self, event: usize) -> usize {
        let find = |indicator| layout::find_indicator(self.text, self.last_end, indicator);
        match self.stack.last().map(|frame| &frame.collection) {
            Some(Collection::Map { key: None, .. }) => find(b":").unwrap_or(event),
            Some(Collection::Map { .. }) => find(b":").map_or(self.last_end, |colon| colon + 1),
            Some(Collection::Sequence(_)) => find(b"-").map_or(event, |dash| dash + 1),
            None => self.last_end,
        }
    }

    /// True behind `?`: go-yaml knows a key of nothing only there.
    fn is_explicit_key(&self) -> bool {
        let next = layout::find_indicator(self.text, self.last_end, b"?:");
        next.is_some_and(|at| self.text.as_bytes()[at] == b'?')
    }

    fn key(&self, value: &Value, span: Span) -> PendingKey {
        let (name, is_text) = match value {
            Value::String(name) => (name.clone(), true),
            // As written: `0644` stays `0644`.
            _ => (SmolStr::new(unquoted(&self.text[span.range()])), false),
        };
        let mut key = Key::new(name, span);
        key.is_text = is_text;
        PendingKey::Key(key)
    }

    fn tagged(&self, text: Cow<'_, str>, tag: &Tag, span: Span) -> Result<(Value, Option<node::Tag>), Fault> {
        match tag.suffix_in_namespace(YAML).as_deref() {
            // go-yaml reads the scalar under a tag that it does not know as text.
            None => Ok((Value::String(into_smol_str(text)), own_tag(tag))),
            Some(name) => match CoreTag::from_suffix(name) {
                None => Ok((Value::String(into_smol_str(text)), None)),
                Some(core) => resolve::tagged(&text, core).map(|value| (value, None)).ok_or_else(|| fault::wrong_tag(&text, name, span)),
            },
        }
    }

    /// go-yaml knows no `\/`, which YAML 1.2 took from JSON.
    fn check_escapes(&self, start: usize, end: usize) -> Result<(), Fault> {
        let token = &self.text.as_bytes()[start..end];
        let mut at = 0;
        while let Some(offset) = token[at..].iter().position(|byte| *byte == b'\\') {
            at += offset;
            if token.get(at + 1) == Some(&b'/') {
                return Err(fault::unknown_escape(self.span(start + at, start + at + 2)));
            }
            at = (at + 2).min(token.len());
        }
        Ok(())
    }

    fn open(&mut self, collection: Collection, start: usize, anchor: usize, tag: Option<Cow<'_, Tag>>) -> Result<(), Fault> {
        self.count(1)?;
        if self.stack.len() >= self.budget.depth {
            return Err(fault::too_deep(self.span(start, start), self.budget));
        }
        if anchor != 0 {
            self.reserve(anchor);
        }
        let tag = tag.and_then(|tag| own_tag(&tag));
        self.stack.push(Frame { collection, start, anchor, tag, nodes_before: self.nodes - 1, height: 0 });
        Ok(())
    }

    fn close(&mut self, frame: Frame, end: usize) -> Node {
        let Frame { collection, start, tag, .. } = frame;
        let value = match collection {
            Collection::Sequence(mut items) => {
                items.shrink_to_fit();
                Value::Sequence(items)
            }
            Collection::Map { mut map, merge, .. } => {
                if let Some((span, merged)) = merge
                    && let Err(diagnostic) = aliases::merge_into(&mut map, merged, span)
                {
                    self.report(*diagnostic);
                }
                map.shrink();
                Value::Map(map)
            }
        };
        Node { value, origin: Origin::at(self.span(start, end.max(start))), tag }
    }

    /// Gives a finished value to what stands around it.
    fn deliver(&mut self, node: Node, height: usize) {
        let Some(parent) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        parent.height = parent.height.max(height);
        if let Collection::Map { key: key @ None, .. } = &mut parent.collection {
            *key = Some(PendingKey::Refused);
            self.report(*fault::complex_key(&node));
            return;
        }
        self.put(node);
    }

    /// Puts a value into the innermost open list, or under the waiting key of the innermost open map.
    fn put(&mut self, node: Node) {
        let Some(Frame { collection, .. }) = self.stack.last_mut() else { return };
        let (map, key, merge) = match collection {
            Collection::Sequence(items) => return items.push(node),
            Collection::Map { map, key, merge } => (map, key, merge),
        };
        let duplicate = match key.take() {
            None | Some(PendingKey::Refused) => None,
            Some(PendingKey::Merge(span)) => match merge {
                Some((first, _)) => Some((SmolStr::new_static("<<"), Some(span), Some(*first))),
                None => {
                    *merge = Some((span, node));
                    None
                }
            },
            Some(PendingKey::Key(key)) => {
                let (name, span) = (key.name().clone(), key.span);
                map.insert_new(key, node).err().map(|first| (name, span, first))
            }
        };
        // A text of nothing but duplicates shall not spend its time on words that nobody reads.
        if let Some((name, span, first)) = duplicate
            && self.parsed.diagnostics.len() <= MAX_DIAGNOSTICS
        {
            self.report(*fault::duplicate_key(&name, span, first));
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes <= self.budget.nodes {
            return Ok(());
        }
        Err(fault::too_many_nodes(self.span(self.last_end, self.last_end), self.budget))
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { collection: Collection::Map { key: None, .. }, .. }))
    }

    fn set_key(&mut self, key: PendingKey) {
        if let Some(Frame { collection: Collection::Map { key: slot, .. }, .. }) = self.stack.last_mut() {
            *slot = Some(key);
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostics = &mut self.parsed.diagnostics;
        match diagnostics.len() {
            ..MAX_DIAGNOSTICS => diagnostics.push(diagnostic),
            MAX_DIAGNOSTICS => diagnostics.push(fault::more(MAX_DIAGNOSTICS)),
            _ => {}
        }
    }
}

const YAML: &str = "tag:yaml.org,2002:";

/// A tag that is not one of YAML's own: `!name`, or `!<uri>` where it is a global one.
fn own_tag(tag: &Tag) -> Option<node::Tag> {
    if tag.suffix_in_namespace(YAML).is_some() || is_nonspecific(tag) {
        return None;
    }
    let (handle, suffix) = tag.parts();
    // Handles are declared in a document's head, which a tree has not.
    let text = match handle {
        "!" => format!("!{suffix}"),
        handle => format!("!<{handle}{suffix}>"),
    };
    Some(text.into())
}

/// `!` alone, which go-yaml takes for no tag.
fn is_nonspecific(tag: &Tag) -> bool {
    matches!(tag.parts(), ("", "!") | ("!", ""))
}

fn into_smol_str(text: Cow<'_, str>) -> SmolStr {
    match text {
        Cow::Borrowed(text) => SmolStr::new(text),
        Cow::Owned(text) => SmolStr::from(text),
    }
}

fn unquoted(token: &str) -> &str {
    token.trim_matches(['"', '\''])
}
