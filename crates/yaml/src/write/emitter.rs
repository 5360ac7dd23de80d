//! Lines: indents, dashes, colons, comments. What a value is, its callers know.

use super::scalar::{self, Form, Spot};
use super::{Remark, Remarks, Style};
use crate::path::Trail;

/// A key that is longer is written behind `? `, as libyaml does; readers take at most 1,024 characters otherwise.
const LONGEST_SIMPLE_KEY: usize = 128;

/// Bytes of a short object or of a service: texts grow by copying what is there.
const USUAL_LENGTH: usize = 1 << 10;

/// What the text ends with where a value shall be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing of the document.
    Root,
    /// `key:`
    Colon,
    /// `-`
    Dash,
}

/// An open map or list.
pub(super) struct Block {
    place: Place,
    /// Spaces before its entries.
    indent: usize,
    parent_indent: usize,
    count: usize,
    tag: Option<Box<str>>,
    brackets: &'static str,
}

impl Block {
    /// A map whose entries stand at `indent` and are [joined](Emitter::join) to others later.
    pub(super) fn apart(indent: usize) -> Self {
        Self { place: Place::Root, indent, parent_indent: indent, count: 0, tag: None, brackets: "{}" }
    }

    pub(super) fn indent(&self) -> usize {
        self.indent
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// How a text and the block in it were before an entry.
pub(super) struct Mark {
    length: usize,
    count: usize,
    indent: usize,
    place: Place,
}

pub(super) struct Emitter<'hook> {
    pub(super) out: String,
    style: Style,
    remarks: Option<&'hook Remarks<'hook>>,
    trail: Trail,
    /// A remark for the end of the line that is being written.
    beside: Option<String>,
    /// Spaces before the entries of the innermost block.
    indent: usize,
    /// Where the next value stands.
    pub(super) place: Place,
}

impl<'hook> Emitter<'hook> {
    pub(super) fn new(style: Style, remarks: Option<&'hook Remarks<'hook>>) -> Self {
        Self {
            out: String::with_capacity(USUAL_LENGTH),
            style,
            remarks,
            trail: Trail::default(),
            beside: None,
            indent: 0,
            place: Place::Root,
        }
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn has_remarks(&self) -> bool {
        self.remarks.is_some()
    }

    /// Begins a document.
    pub(super) fn start_document(&mut self) {
        if !self.out.is_empty() {
            self.out.push_str("---\n");
        }
        self.trail = Trail::default();
        self.indent = 0;
        self.place = Place::Root;
        match self.remark() {
            Some(Remark::Above(text) | Remark::Beside(text)) => self.lines_above(&text, 0, false),
            None => {}
        }
    }

    /// Writes a scalar as it is; it must be plain to YAML.
    pub(super) fn raw(&mut self, text: &str, tag: Option<&str>) {
        self.gap(tag);
        self.out.push_str(text);
        self.end_line();
    }

    /// Writes a whole number, which is plain to YAML.
    pub(super) fn number(&mut self, number: i64) {
        self.gap(None);
        self.out.push_str(itoa::Buffer::new().format(number));
        self.end_line();
    }

    /// Writes a text.
    pub(super) fn text(&mut self, text: &str, tag: Option<&str>) {
        self.gap(tag);
        let spot = if self.place == Place::Root { Spot::Root } else { Spot::Value };
        match scalar::form(text, self.style, spot) {
            // Under a tag of its own, every plain scalar is text.
            Form::Plain => self.out.push_str(text),
            Form::SingleQuoted => scalar::push_single_quoted(&mut self.out, text),
            Form::DoubleQuoted => scalar::push_double_quoted(&mut self.out, text, self.style),
            Form::Literal { names_indent } => return self.literal(text, names_indent),
        }
        self.end_line();
    }

    fn literal(&mut self, text: &str, names_indent: bool) {
        self.out.push_str(if names_indent { "|2" } else { "|" });
        let body = text.trim_end_matches('\n');
        match text.len() - body.len() {
            0 => self.out.push('-'),
            1 if !body.is_empty() => {}
            _ => self.out.push('+'),
        }
        self.end_line();
        // The entries of a block stand at `indent`; its texts two further.
        let indent = match self.place {
            Place::Root => 2,
            Place::Colon | Place::Dash => self.indent + 2,
        };
        for line in body.split('\n') {
            if !line.is_empty() {
                self.spaces(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
        for _ in 1..text.len() - body.len() {
            self.out.push('\n');
        }
    }

    /// Opens a list or, with `{}`, a map.
    pub(super) fn open(&mut self, brackets: &'static str, tag: Option<&str>) -> Block {
        let indent = match (self.place, brackets, self.style) {
            (Place::Root, ..) => 0,
            // kubectl writes the items of a list at the indent of its key.
            (Place::Colon, "[]", Style::Kubernetes) => self.indent,
            _ => self.indent + 2,
        };
        Block { place: self.place, indent, parent_indent: self.indent, count: 0, tag: tag.map(Into::into), brackets }
    }

    /// Begins an entry of a map; its value follows.
    pub(super) fn key(&mut self, block: &mut Block, key: &str, is_text: bool) {
        self.entry(block, |trail| trail.push_key(key));
        let start = self.out.len();
        match scalar::form(key, self.style, Spot::Key) {
            // A key of nothing is one behind `?` alone.
            _ if !is_text && key.is_empty() => {
                self.out.push_str("?\n");
                self.spaces(block.indent);
            }
            _ if !is_text => self.out.push_str(key),
            Form::SingleQuoted => scalar::push_single_quoted(&mut self.out, key),
            Form::DoubleQuoted => scalar::push_double_quoted(&mut self.out, key, self.style),
            Form::Plain | Form::Literal { .. } => self.out.push_str(key),
        }
        if self.out.len() - start > LONGEST_SIMPLE_KEY {
            self.out.insert_str(start, "? ");
            self.out.push('\n');
            self.spaces(block.indent);
        }
        self.out.push(':');
        self.place = Place::Colon;
    }

    /// Begins an entry of a map under a word, which every reader takes for text; its value follows.
    pub(super) fn word(&mut self, block: &mut Block, word: &str) {
        debug_assert!(scalar::form(word, self.style, Spot::Key) == Form::Plain && word.len() <= LONGEST_SIMPLE_KEY, "{word}");
        self.entry(block, |trail| trail.push_key(word));
        self.out.push_str(word);
        self.out.push(':');
        self.place = Place::Colon;
    }

    /// Begins an item of a list; its value follows.
    pub(super) fn item(&mut self, block: &mut Block) {
        let index = block.count;
        self.entry(block, |trail| trail.push_index(index));
        self.out.push('-');
        self.place = Place::Dash;
    }

    /// Ends an entry of a map or list.
    pub(super) fn end_entry(&mut self) {
        if self.remarks.is_some() {
            self.trail.pop();
        }
    }

    /// Closes a map or list.
    pub(super) fn close(&mut self, block: Block) {
        self.indent = block.parent_indent;
        if block.count == 0 {
            self.place = block.place;
            self.raw(block.brackets, block.tag.as_deref());
        }
    }

    /// What [`Emitter::back_to`] goes back to.
    pub(super) fn mark(&self, block: &Block) -> Mark {
        Mark { length: self.out.len(), count: block.count, indent: self.indent, place: self.place }
    }

    /// Takes back the entry of a block that was begun last.
    pub(super) fn back_to(&mut self, mark: Mark, block: &mut Block) {
        self.out.truncate(mark.length);
        block.count = mark.count;
        (self.indent, self.place) = (mark.indent, mark.place);
        self.beside = None;
    }

    /// Adds entries of a map that were written [apart](Block::apart).
    pub(super) fn join(&mut self, block: &mut Block, entries: &str) {
        if entries.is_empty() {
            return;
        }
        if block.count == 0 && self.begin(block) {
            self.end_line();
        }
        block.count += 1;
        self.out.push_str(entries);
    }

    /// Before the first entry of a block. True when the entry continues the line of a dash.
    fn begin(&mut self, block: &Block) -> bool {
        self.place = block.place;
        match (block.place, block.tag.as_deref()) {
            (Place::Root, None) => {}
            (Place::Dash, None) if self.beside.is_none() => return true,
            (Place::Dash, None) => self.end_line(),
            (_, tag) => {
                if let Some(tag) = tag {
                    self.gap(Some(tag));
                    self.out.truncate(self.out.trim_end_matches(' ').len());
                }
                self.end_line();
            }
        }
        false
    }

    fn entry(&mut self, block: &mut Block, step: impl FnOnce(&mut Trail)) {
        // An entry that continues the line of a dash needs no indent.
        let mut inline = block.count == 0 && self.begin(block);
        self.indent = block.indent;
        block.count += 1;
        if self.remarks.is_some() {
            step(&mut self.trail);
            match self.remark() {
                Some(Remark::Above(text)) => {
                    self.lines_above(&text, block.indent, inline);
                    inline = false;
                }
                Some(Remark::Beside(text)) => self.beside = Some(text),
                None => {}
            }
        }
        if inline {
            self.out.push(' ');
        } else {
            self.spaces(block.indent);
        }
    }

    fn remark(&self) -> Option<Remark> {
        self.remarks.and_then(|remarks| remarks(&self.trail.path()))
    }

    /// Comment lines; the first one may continue the line of a dash.
    fn lines_above(&mut self, text: &str, indent: usize, mut inline: bool) {
        for line in text.lines() {
            if inline {
                self.out.push(' ');
            } else {
                self.spaces(indent);
            }
            inline = false;
            scalar::push_comment(&mut self.out, line);
            self.out.push('\n');
        }
    }

    #[inline]
    fn gap(&mut self, tag: Option<&str>) {
        if self.place != Place::Root {
            self.out.push(' ');
        }
        if let Some(tag) = tag {
            scalar::push_tag(&mut self.out, tag);
            self.out.push(' ');
        }
    }

    #[inline]
    fn end_line(&mut self) {
        if self.beside.is_some() {
            self.comment();
        }
        self.out.push('\n');
    }

    #[cold]
    fn comment(&mut self) {
        if let Some(text) = self.beside.take() {
            self.out.push(' ');
            scalar::push_comment(&mut self.out, &text.replace(['\n', '\r'], " "));
        }
    }

    /// Most indents are short: a copy of a known length needs no call.
    #[inline]
    fn spaces(&mut self, count: usize) {
        const SPACES: &str = "                                ";
        let mut left = count;
        while left > SPACES.len() {
            self.out.push_str(SPACES);
            left -= SPACES.len();
        }
        self.out.push_str(SPACES);
        self.out.truncate(self.out.len() - (SPACES.len() - left));
    }
}
