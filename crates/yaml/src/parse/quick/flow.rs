//! `[ ]` and `{ }`.

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
        match self.bytes[self.at] {
            b'[' | b'{' => self.flow(0)?,
            b'*' => self.alias()?,
            _ => {
                let line = self.line(Self::flow_plain)?;
                self.put(line, 0)?;
            }
        }
        Some(())
    }

    fn pair(&mut self) -> Option<()> {
        let name = self.line(Self::flow_plain)?;
        let (length, line) = (name.end - name.start, self.line_start);
        self.put(name, 0)?;
        self.flow_blanks()?;
        if self.bytes[self.at] != b':' || self.line_start != line || length > super::LONGEST_KEY {
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
