//! `|` and `>`.

use std::borrow::Cow;

use granit_parser::ScalarStyle;

use super::{END, Reader};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Clip,
    Strip,
    Keep,
}

impl Reader<'_> {
    /// A block scalar whose block stands at `parent`; afterwards the next line has been reached.
    pub(super) fn block_scalar(&mut self, parent: isize, anchor: usize) -> Option<()> {
        // At the root, the first column may hold the text, and markers end it.
        if parent == END {
            return None;
        }
        let is_literal = self.bytes[self.at] == b'|';
        self.at += 1;
        let chomping = match self.bytes.get(self.at)? {
            b'-' => Chomping::Strip,
            b'+' => Chomping::Keep,
            _ => Chomping::Clip,
        };
        self.at += usize::from(chomping != Chomping::Clip);
        while self.bytes.get(self.at)? == &b' ' {
            self.at += 1;
        }
        if self.bytes.get(self.at)? != &b'\n' {
            return None;
        }
        self.at += 1;
        self.line_start = self.at;
        let start = self.at;
        let indent = self.indent_of_first_line(parent)?;
        let text = self.lines(indent, is_literal, chomping)?;
        let style = if is_literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        self.builder.scalar(Cow::Owned(text), style, anchor, None, start..self.at).ok()?;
        self.next_line()
    }

    /// Spaces before the first line with text.
    fn indent_of_first_line(&self, parent: isize) -> Option<usize> {
        let mut line = self.at;
        let mut most = 0;
        loop {
            let spaces = self.bytes[line..].iter().take_while(|byte| **byte == b' ').count();
            match self.bytes.get(line + spaces)? {
                b'\n' => most = most.max(spaces),
                b'\t' => return None,
                // Blank lines before it may not be longer. A text without lines is left to the general reader.
                _ => return (spaces as isize > parent && most <= spaces).then_some(spaces),
            }
            line += spaces + 1;
        }
    }

    fn lines(&mut self, indent: usize, is_literal: bool, chomping: Chomping) -> Option<String> {
        let mut text = String::new();
        // Line breaks that have been seen since the last line with text.
        let mut breaks = 0;
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            let spaces = rest.iter().take(indent).take_while(|byte| **byte == b' ').count();
            // A last line without break has rules of its own.
            let length = rest.iter().position(|byte| *byte == b'\n')?;
            if length == spaces {
                breaks += 1;
            } else if spaces < indent {
                break;
            } else {
                let line = &self.text[self.at + indent..self.at + length];
                if !is_literal && line.starts_with([' ', '\t']) {
                    return None;
                }
                match (is_literal, breaks) {
                    (false, 1) if !text.is_empty() => text.push(' '),
                    (false, _) if !text.is_empty() => text.extend(std::iter::repeat_n('\n', breaks - 1)),
                    _ => text.extend(std::iter::repeat_n('\n', breaks)),
                }
                text.push_str(line);
                breaks = 1;
            }
            self.at += length + 1;
            self.line_start = self.at;
        }
        match chomping {
            Chomping::Strip => {}
            Chomping::Clip => text.push('\n'),
            Chomping::Keep => text.extend(std::iter::repeat_n('\n', breaks)),
        }
        Some(text)
    }
}
