//! The quick reader: what most files are made of, several times as fast as the general one. Block maps and lists, plain
//! and quoted scalars on one line, literal and folded blocks, brackets, anchors and aliases. At anything else, and at
//! any fault, it gives up, and the general reader starts over; so every syntax fault is told by that one alone. A test
//! holds that both make the same of any text.

mod block_scalar;
mod flow;
mod halves;

use std::borrow::Cow;

use granit_parser::ScalarStyle;
use windlass_source::FileId;

use super::Parsed;
use super::builder::Builder;
use crate::budget::Budget;

/// Longer keys are left to the general reader, which refuses some.
const LONGEST_KEY: usize = 1000;

/// Reads a text; `None` if it holds anything unusual.
pub(super) fn read(file: FileId, text: &str, budget: &Budget) -> Option<Parsed> {
    // Only line feeds break lines here.
    if memchr::memchr(b'\r', text.as_bytes()).is_some() {
        return None;
    }
    halves::read(file, text, budget).or_else(|| whole(file, text, budget))
}

fn whole(file: FileId, text: &str, budget: &Budget) -> Option<Parsed> {
    let mut reader = Reader::new(file, text, budget, 0);
    reader.documents()?;
    Some(reader.builder.finish())
}

/// The column at the end of a document: less than any indent.
const END: isize = -1;

struct Reader<'text> {
    text: &'text str,
    bytes: &'text [u8],
    at: usize,
    /// The first byte of the line of `at`.
    line_start: usize,
    /// The column of the token at `at` after [`next_line`](Self::next_line); [`END`] at the end of the document.
    column: isize,
    builder: Builder<'text>,
    /// Those of the document, by name; the last one of a name counts.
    anchors: Vec<(&'text str, usize)>,
    anchor_count: usize,
}

/// A scalar of one line, and behind a key its colon, over which the reader has gone.
struct Line<'text> {
    text: Cow<'text, str>,
    style: ScalarStyle,
    start: usize,
    end: usize,
}

impl<'text> Reader<'text> {
    /// At the beginning of a line.
    fn new(file: FileId, text: &'text str, budget: &'text Budget, at: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at,
            line_start: at,
            column: END,
            builder: Builder::new(file, text, budget),
            anchors: Vec::new(),
            anchor_count: 0,
        }
    }

    fn documents(&mut self) -> Option<()> {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
            self.line_start = self.at;
        }
        self.next_line()?;
        loop {
            let mut start = self.at;
            if self.column == END {
                if self.at == self.bytes.len() {
                    return Some(());
                }
                if self.bytes[self.at] != b'-' {
                    return None;
                }
                self.at += 3;
                start = self.at;
                // Content behind the marker is left to the general reader.
                let line = self.line_start;
                self.next_line()?;
                if self.column != END && self.line_start == line {
                    return None;
                }
            } else if self.bytes[self.at] == b'%' {
                return None;
            }
            self.builder.start_document(start);
            self.anchors.clear();
            if self.column == END {
                self.builder.scalar(Cow::Borrowed(""), ScalarStyle::Plain, 0, None, start..start).ok()?;
            } else {
                self.block(END, 0)?;
            }
            if self.column != END {
                return None;
            }
            self.builder.finish_document();
        }
    }

    /// Moves to the next token, over blanks, comments and line breaks.
    fn next_line(&mut self) -> Option<()> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ') => self.at += 1,
                Some(b'\n') => {
                    self.at += 1;
                    self.line_start = self.at;
                }
                Some(b'#') if self.at == self.line_start || matches!(self.bytes[self.at - 1], b' ' | b'\n') => self.skip_comment(),
                Some(b'\t' | b'#') => return None,
                Some(byte) => {
                    self.column = (self.at - self.line_start) as isize;
                    if self.column == 0 && matches!(byte, b'-' | b'.') && self.is_document_marker() {
                        self.column = END;
                    }
                    return Some(());
                }
                None => {
                    self.column = END;
                    return Some(());
                }
            }
        }
    }

    /// As [`next_line`](Self::next_line), behind a value that nothing may follow on its last line.
    pub(super) fn end_line(&mut self) -> Option<()> {
        let line = self.line_start;
        self.next_line()?;
        (self.line_start != line || self.column == END).then_some(())
    }

    fn skip_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    fn is_document_marker(&self) -> bool {
        let rest = &self.bytes[self.at..];
        (rest.starts_with(b"---") || rest.starts_with(b"...")) && rest.get(3).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
    }

    fn is_blank_or_end(&self, at: usize) -> bool {
        self.bytes.get(at).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
    }

    /// A value that begins its line at `column`, deeper than `parent`; afterwards the next line has been reached.
    fn block(&mut self, parent: isize, anchor: usize) -> Option<()> {
        let start = self.at;
        let indent = self.column;
        match self.bytes[start] {
            b'-' if self.is_blank_or_end(start + 1) => self.sequence(indent, anchor),
            b'[' | b'{' => {
                self.flow(anchor)?;
                self.end_line()
            }
            b'|' | b'>' => self.block_scalar(parent, anchor),
            b'*' => self.alias_value(anchor),
            _ => {
                let line = self.line(Self::plain)?;
                if self.skip_to_colon(line.end) {
                    return self.map(indent, anchor, line);
                }
                self.put(line, anchor)?;
                self.end_line()
            }
        }
    }

    /// True at a key's colon, which is skipped; otherwise nothing moves.
    fn skip_to_colon(&mut self, end: usize) -> bool {
        let mut at = end;
        while self.bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        let found = self.bytes.get(at) == Some(&b':') && self.is_blank_or_end(at + 1);
        if found {
            self.at = at + 1;
        }
        found
    }

    fn map(&mut self, indent: isize, anchor: usize, first: Line<'text>) -> Option<()> {
        self.builder.open_map(first.start..first.start, anchor, None).ok()?;
        self.rest_of_map(indent, first)
    }

    /// The entries of an open map, to its end.
    fn rest_of_map(&mut self, indent: isize, mut name: Line<'text>) -> Option<()> {
        loop {
            if name.end - name.start > LONGEST_KEY {
                return None;
            }
            self.put(name, 0)?;
            self.value(indent, true)?;
            if self.column < indent {
                break;
            }
            if self.column > indent {
                return None;
            }
            name = self.key()?;
        }
        self.builder.close_collection(None).ok()
    }

    fn key(&mut self) -> Option<Line<'text>> {
        let name = self.line(Self::plain)?;
        self.skip_to_colon(name.end).then_some(name)
    }

    /// A scalar of one line: quoted, or what `plain` takes.
    fn line(&mut self, plain: impl Fn(&mut Self) -> Option<usize>) -> Option<Line<'text>> {
        let start = self.at;
        let (text, style) = match self.bytes[start] {
            b'"' | b'\'' => self.quoted()?,
            _ => {
                let end = plain(self)?;
                (Cow::Borrowed(&self.text[start..end]), ScalarStyle::Plain)
            }
        };
        Some(Line { text, style, start, end: self.at })
    }

    /// Adds a scalar of one line.
    fn put(&mut self, Line { text, style, start, end }: Line<'text>, anchor: usize) -> Option<()> {
        self.builder.scalar(text, style, anchor, None, start..end).ok()
    }

    fn sequence(&mut self, indent: isize, anchor: usize) -> Option<()> {
        self.builder.open_sequence(self.at..self.at, anchor, None).ok()?;
        loop {
            self.at += 1;
            self.value(indent, false)?;
            if self.column != indent || self.bytes[self.at] != b'-' || !self.is_blank_or_end(self.at + 1) {
                break;
            }
        }
        if self.column > indent {
            return None;
        }
        self.builder.close_collection(None).ok()
    }

    /// The value behind a colon or dash of a block at `indent`.
    fn value(&mut self, indent: isize, is_map: bool) -> Option<()> {
        let mut empty_at = self.at;
        let line = self.line_start;
        self.next_line()?;
        let mut anchor = 0;
        if self.line_start == line && self.column != END && self.bytes[self.at] == b'&' {
            anchor = self.anchor()?;
            empty_at = self.at;
            self.next_line()?;
            // On the line of a dash, the anchor may be that of a key.
            if !is_map && self.line_start == line && self.column != END {
                return None;
            }
        }
        if self.line_start != line || self.column == END {
            if self.column > indent {
                return self.block(indent, anchor);
            }
            let is_list = is_map && self.column == indent && self.bytes[self.at] == b'-' && self.is_blank_or_end(self.at + 1);
            if is_list {
                return self.sequence(indent, anchor);
            }
            return self.builder.scalar(Cow::Borrowed(""), ScalarStyle::Plain, anchor, None, empty_at..empty_at).ok();
        }
        if !is_map {
            // `- - a` and `- a: b`: a block begins within the line.
            return self.block(indent, anchor);
        }
        match self.bytes[self.at] {
            b'[' | b'{' => {
                self.flow(anchor)?;
                self.end_line()
            }
            b'|' | b'>' => self.block_scalar(indent, anchor),
            b'*' => self.alias_value(anchor),
            _ => {
                let line = self.line(Self::plain)?;
                self.put(line, anchor)?;
                self.end_line()
            }
        }
    }

    /// `&name`
    fn anchor(&mut self) -> Option<usize> {
        let name = self.name()?;
        self.anchor_count += 1;
        self.anchors.push((name, self.anchor_count));
        Some(self.anchor_count)
    }

    /// `*name` as the only thing on the rest of its line.
    fn alias_value(&mut self, anchor: usize) -> Option<()> {
        if anchor != 0 {
            return None;
        }
        self.alias()?;
        self.end_line()
    }

    fn alias(&mut self) -> Option<()> {
        let start = self.at;
        let name = self.name()?;
        let (_, id) = self.anchors.iter().rev().find(|(known, _)| *known == name)?;
        self.builder.alias(*id, start..self.at).ok()
    }

    /// The name behind `&` or `*`.
    fn name(&mut self) -> Option<&'text str> {
        let start = self.at + 1;
        let length = self.bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
        self.at = start + length;
        let ends = self.bytes.get(self.at).is_none_or(|byte| matches!(byte, b' ' | b'\n' | b',' | b']' | b'}'));
        (length > 0 && ends).then(|| &self.text[start..start + length])
    }

    /// A plain scalar of one line in block context; its end.
    fn plain(&mut self) -> Option<usize> {
        self.first_of_plain()?;
        let mut at = self.at;
        loop {
            at += self.bytes[at..].iter().position(|byte| STOPS[*byte as usize]).unwrap_or(self.bytes.len() - at);
            match self.bytes.get(at) {
                Some(b':') if !self.is_blank_or_end(at + 1) => at += 1,
                Some(b'#') if self.bytes[at - 1] != b' ' => at += 1,
                Some(b'\t') => return None,
                _ => break,
            }
        }
        self.end_of_plain(at)
    }

    /// Refuses what can't begin a plain scalar, and some of what can.
    fn first_of_plain(&self) -> Option<()> {
        let byte = self.bytes[self.at];
        let fine = match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'_'
            | b'/'
            | b'.'
            | b'$'
            | b'('
            | b'~'
            | b'<'
            | b'+'
            | b'\\'
            | b'='
            | b'^'
            | b';' => true,
            b'-' => self.bytes.get(self.at + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/')),
            // All but the first byte of a byte-order mark.
            0x80..=0xff => byte != 0xef,
            _ => false,
        };
        fine.then_some(())
    }

    fn end_of_plain(&mut self, mut at: usize) -> Option<usize> {
        let start = self.at;
        // A colon that ends the text before it is reached again by the caller.
        while at > start && self.bytes[at - 1] == b' ' {
            at -= 1;
        }
        self.at = at;
        (at > start).then_some(at)
    }

    /// A quoted scalar of one line.
    fn quoted(&mut self) -> Option<(Cow<'text, str>, ScalarStyle)> {
        let quote = self.bytes[self.at];
        let start = self.at + 1;
        let mut at = start;
        let mut changed: Option<String> = None;
        let mut copied = start;
        loop {
            at += self.bytes[at..]
                .iter()
                .position(|byte| *byte == quote || matches!(byte, b'\n' | b'\t') || (quote == b'"' && *byte == b'\\'))?;
            match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'\n' | b'\t', _) => return None,
                (b'\\', escaped) if quote == b'"' => {
                    let character = match escaped? {
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        b'"' => '"',
                        b'\\' => '\\',
                        _ => return None,
                    };
                    let changed = changed.get_or_insert_default();
                    changed.push_str(&self.text[copied..at]);
                    changed.push(character);
                }
                (b'\'', Some(b'\'')) => {
                    let changed = changed.get_or_insert_default();
                    changed.push_str(&self.text[copied..=at]);
                }
                _ => break,
            }
            at += 2;
            copied = at;
        }
        self.at = at + 1;
        let text = match changed {
            None => Cow::Borrowed(&self.text[start..at]),
            Some(mut text) => {
                text.push_str(&self.text[copied..at]);
                Cow::Owned(text)
            }
        };
        Some((text, if quote == b'"' { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted }))
    }
}

/// The bytes at which a plain scalar in block context may end.
const STOPS: [bool; 256] = {
    let mut table = [false; 256];
    table[b'\n' as usize] = true;
    table[b'\t' as usize] = true;
    table[b':' as usize] = true;
    table[b'#' as usize] = true;
    table
};
