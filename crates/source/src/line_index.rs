//! Byte offset → line and column, on demand.

/// A place for people: line and column from 1, the column counted in characters (Unicode scalar values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Where the lines of a text start.
#[derive(Clone, Debug)]
pub(crate) struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    pub(crate) fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { starts: std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect() }
    }

    /// The position of byte `offset`; past the end, that of the end; inside a character, that of the character.
    pub(crate) fn position(&self, text: &str, offset: u32) -> Position {
        let offset = (offset as usize).min(text.len());
        let line = self.starts.partition_point(|start| *start as usize <= offset) - 1;
        let start = self.starts[line] as usize;
        // A byte-order mark is not a column that an editor shows.
        let before = text.get(start..text.floor_char_boundary(offset)).unwrap_or_default().trim_start_matches('\u{feff}');
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }

    /// The bytes of `line` (from 1), without its line break.
    pub(crate) fn line<'a>(&self, text: &'a str, line: u32) -> &'a str {
        let Some(start) = self.starts.get(line.saturating_sub(1) as usize) else { return "" };
        let end = self.starts.get(line as usize).map_or(text.len(), |next| *next as usize);
        text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: u32, line: u32, column: u32) {
        assert_eq!(LineIndex::new(text).position(text, offset), Position { line, column }, "{text:?} at {offset}");
    }

    #[test]
    fn columns_count_characters_and_lines_end_at_line_feeds() {
        check("", 0, 1, 1);
        check("a\nb", 2, 2, 1);
        check("a\r\nbc", 4, 2, 2);
        check("é: x", 3, 1, 3);
        check("abc", 99, 1, 4);
        check("\u{feff}a: b", 6, 1, 4);
        check("é", 1, 1, 1);
    }
}
