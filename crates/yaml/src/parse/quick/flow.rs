//! `[ ]` and `{ }`.

use std::borrow::Cow;

use granit_parser::ScalarStyle;

use super::Reader;

impl Reader<'_> {
    /// A map or list in brackets; afterwards the byte behind its end has been reached.
    pub(super) fn flow(&mut self, anchor: usize) -> Option<()> {
        let start = self.at;
        self.at += 1;
        if self.bytes[start] == b'[' {
            self.builder.open_sequence(start..self.at, anchor, None).ok()?;
            self.entries(b']', Self::flow_value)?;
        } else {
            self.builder.open_map(start..self.at, anchor, None).ok()?;
            self.entries(b'}', Self::pair)?;
        }
        self.builder.close_collection(Some(self.at)).ok()
    }

    fn entries(&mut self, close: u8, entry: fn(&mut Self) -> Option<()>) -> Option<()> {
        loop {
            self.flow_blanks()?;
            if self.bytes[self.at] != close {
                entry(self)?;
                self.flow_blanks()?;
            }
            match self.bytes[self.at] {
                b',' => self.at += 1,
                byte if byte == close => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Moves to the next token; `None` at the end of the document.
    fn flow_blanks(&mut self) -> Option<()> {
        let line = self.line_start;
        self.next_line()?;
        // What stands in the first column of a line is left to the general reader.
        (self.column > 0 || (self.column == 0 && self.line_start == line)).then_some(())
    }

    fn flow_value(&mut self) -> Option<()> {
        let start = self.at;
        match self.bytes[start] {
            b'[' | b'{' => self.flow(0)?,
            b'*' => self.alias()?,
            b'"' | b'\'' => {
                let (text, style) = self.quoted()?;
                self.builder.scalar(text, style, 0, None, start..self.at).ok()?;
            }
            _ => {
                let end = self.flow_plain()?;
                self.builder.scalar(Cow::Borrowed(&self.text[start..end]), ScalarStyle::Plain, 0, None, start..end).ok()?;
            }
        }
        Some(())
    }

    fn pair(&mut self) -> Option<()> {
        let start = self.at;
        let (text, style) = match self.bytes[start] {
            b'"' | b'\'' => self.quoted()?,
            _ => {
                let end = self.flow_plain()?;
                (Cow::Borrowed(&self.text[start..end]), ScalarStyle::Plain)
            }
        };
        let (end, line) = (self.at, self.line_start);
        self.builder.scalar(text, style, 0, None, start..end).ok()?;
        self.flow_blanks()?;
        if self.bytes[self.at] != b':' || self.line_start != line || end - start > super::LONGEST_KEY {
            return None;
        }
        self.at += 1;
        // `"a":1` and `{a:, b}` are left to the general reader.
        if !self.is_blank_or_end(self.at) {
            return None;
        }
        self.flow_blanks()?;
        self.flow_value()
    }

    /// A plain scalar of one line inside brackets; its end.
    fn flow_plain(&mut self) -> Option<usize> {
        self.first_of_plain()?;
        let mut at = self.at;
        loop {
            match self.bytes.get(at)? {
                b',' | b'[' | b']' | b'{' | b'}' | b'\n' => break,
                b':' if self.is_blank_or_end(at + 1) => break,
                b':' if matches!(self.bytes[at + 1], b',' | b'[' | b']' | b'{' | b'}') => return None,
                b'#' if self.bytes[at - 1] == b' ' => break,
                b'\t' => return None,
                _ => at += 1,
            }
        }
        self.end_of_plain(at)
    }
}
