//! Byte ranges in files.

use std::num::NonZeroU32;
use std::ops::Range;

/// One file of a [`SourceMap`](crate::SourceMap).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(NonZeroU32);

impl FileId {
    /// The id of the file at `index` of its map. Panics past 4 billion files, which no map can hold.
    pub(crate) fn from_index(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("a source map holds fewer than 2^32 files"))
    }

    /// The place of the file in its map, from 0.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A range of bytes in one file. Files are limited to 4 GiB, far above every input limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Byte after the last one.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `file`.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { file, start: clamp(range.start), end: clamp(range.end) }
    }

    /// The range, for slicing the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both; `other` is ignored when it stands in another file.
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The part of this span at `range`, counted from its start.
    pub fn slice(self, range: Range<usize>) -> Self {
        let start = self.start as usize;
        Self::new(self.file, (start + range.start).min(self.end as usize)..(start + range.end).min(self.end as usize))
    }
}
