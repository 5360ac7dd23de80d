//! What the formats share: words with places, and a text cut into pieces that cover every byte.

use std::sync::Arc;

use smol_str::SmolStr;
use windlass_source::{Diagnostic, FileId, Span};

/// Diagnostics of one file above which no more are kept.
const DIAGNOSTICS_LIMIT: usize = 100;

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it says: without quotes and escapes, variables as written.
    pub text: SmolStr,
    /// Where it stands, quotes included.
    pub span: Span,
}

impl Word {
    /// What it says.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it is.
    pub span: Span,
}

/// What a stretch of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// The mark that some editors put at the start of a file.
    ByteOrderMark,
    /// Spaces and line breaks.
    Space,
    /// From the character that begins a comment to the end of the line.
    Comment,
    /// Names, values and the signs between them.
    Text,
    /// Code in another language, or text below a fault that ends the file.
    Foreign,
}

/// A text and its pieces, which stand side by side and cover every byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concrete {
    file: FileId,
    text: Arc<str>,
    pieces: Vec<Piece>,
}

impl Concrete {
    /// The file that was read.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// In the order of the text.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The text under a span of this file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The text, from its pieces: the same bytes that were read.
    pub fn write(&self) -> String {
        self.pieces.iter().map(|piece| self.slice(piece.span)).collect()
    }

    /// The comments in order, each from the character that begins it to the end of its line.
    pub fn comments(&self) -> impl Iterator<Item = Span> {
        self.pieces.iter().filter(|piece| piece.kind == PieceKind::Comment).map(|piece| piece.span)
    }
}

/// A value read from a text, and what is wrong with the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// What could be read.
    pub value: T,
    /// In the order in which they were found; at most a hundred.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a parser stands in a text; whatever it passes becomes a piece.
pub(crate) struct Cursor<'a> {
    file: FileId,
    source: Arc<str>,
    pub(crate) text: &'a str,
    /// The next byte; always between characters.
    pub(crate) at: usize,
    pieces: Vec<Piece>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(file: FileId, source: Arc<str>, text: &'a str) -> Self {
        let mut cursor = Self { file, source, text, at: 0, pieces: Vec::new(), diagnostics: Vec::new() };
        if text.starts_with('\u{feff}') {
            cursor.pass(PieceKind::ByteOrderMark, '\u{feff}'.len_utf8());
        }
        cursor
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    /// Goes on by `length` bytes, which are a piece. Pieces of one kind that touch become one.
    pub(crate) fn pass(&mut self, kind: PieceKind, length: usize) {
        if length == 0 {
            return;
        }
        let span = self.span(self.at, self.at + length);
        self.at += length;
        match self.pieces.last_mut() {
            Some(last) if last.kind == kind && kind != PieceKind::Comment => last.span = last.span.to(span),
            _ => self.pieces.push(Piece { kind, span }),
        }
    }

    /// Goes on by the bytes that `is` holds for; they must be ASCII.
    pub(crate) fn pass_while(&mut self, kind: PieceKind, is: impl Fn(u8) -> bool) {
        let length = self.text.as_bytes()[self.at..].iter().take_while(|byte| is(**byte)).count();
        self.pass(kind, length);
    }

    /// Passes a comment up to the end of its line, the line break left out.
    pub(crate) fn pass_comment(&mut self) {
        let line = self.rest().split('\n').next().unwrap_or_default();
        self.pass(PieceKind::Comment, line.trim_end_matches('\r').len());
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < DIAGNOSTICS_LIMIT {
            self.diagnostics.push(diagnostic);
        }
    }

    /// The text with its pieces, and what was reported.
    pub(crate) fn finish(self) -> (Concrete, Vec<Diagnostic>) {
        (Concrete { file: self.file, text: self.source, pieces: self.pieces }, self.diagnostics)
    }
}
