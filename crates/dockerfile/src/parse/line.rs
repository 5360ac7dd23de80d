//! A logical line: the text of an instruction without its continuations, and where each byte of it stands.

use std::borrow::Cow;
use std::ops::Range;

use windlass_source::{FileId, Span};

/// A stretch of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) start: usize,
    pub(super) len: usize,
}

pub(super) struct Line<'a> {
    file: FileId,
    source: &'a str,
    text: Cow<'a, str>,
    /// Where each stretch begins in the line, and where it stands in the file.
    segments: Vec<(usize, Segment)>,
}

impl<'a> Line<'a> {
    pub(super) fn new(file: FileId, source: &'a str) -> Self {
        Self { file, source, text: Cow::Borrowed(""), segments: Vec::new() }
    }

    pub(super) fn push(&mut self, segment: Segment) {
        let part = self.source.get(segment.start..segment.start + segment.len).unwrap_or_default();
        self.segments.push((self.text.len(), segment));
        if self.text.is_empty() {
            self.text = Cow::Borrowed(part);
        } else {
            self.text.to_mut().push_str(part);
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The whole line.
    pub(super) fn all(&self) -> Range<usize> {
        0..self.text.len()
    }

    /// Where the bytes `range` of the line stand.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let start = self.place(range.start);
        // The end belongs to the last byte, not to the one after it, which may stand on the next line.
        let end = if range.end > range.start { self.place(range.end - 1) + 1 } else { start };
        Span::new(self.file, start..end)
    }

    fn place(&self, at: usize) -> usize {
        let index = self.segments.partition_point(|(begin, _)| *begin <= at);
        let Some((begin, segment)) = index.checked_sub(1).and_then(|index| self.segments.get(index)) else { return 0 };
        segment.start + (at - begin).min(segment.len)
    }
}
