//! Text in, trees out: every document with a place on each key and value, merge keys and aliases resolved, and a
//! diagnostic for whatever go-yaml v3 refuses. Bytes become text in [`decode`](crate::decode()); nothing here knows
//! what a value means.

mod builder;
mod events;
mod fault;
mod layout;
mod quick;
pub(crate) mod resolve;
mod syntax;

use windlass_source::{Diagnostic, FileId, Span};

use crate::budget::Budget;
use crate::node::Node;

/// The documents of a text, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// In the order of the text. A text of nothing but comments has none.
    pub documents: Vec<Document>,
    /// In the order in which they were found; at most a hundred.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// True unless something is wrong.
    pub fn is_ok(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// One document of a text.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its value.
    pub root: Node,
    /// Its comments in order, if they were asked for.
    pub comments: Vec<Comment>,
    /// True when a diagnostic ended it early: `root` holds what stands before that place.
    pub is_broken: bool,
}

/// A comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From its `#` to the end of the line, the line break left out.
    pub span: Span,
}

/// Reads a text as go-yaml v3 reads it into `any`, except that every fault is found, not the first alone.
///
/// A fault ends its document, which then holds what stood before it; later documents are still read, unless a limit of
/// the whole text is reached. Duplicate keys, wrong merge keys and unknown anchors end nothing.
pub fn parse(file: FileId, text: &str, budget: &Budget) -> Parsed {
    read(file, text, budget, false)
}

/// As [`parse`], with the comments.
pub fn parse_with_comments(file: FileId, text: &str, budget: &Budget) -> Parsed {
    read(file, text, budget, true)
}

fn read(file: FileId, text: &str, budget: &Budget, comments: bool) -> Parsed {
    let refused =
        if text.len() > budget.bytes { Some(syntax::too_long(file, text, budget)) } else { syntax::control_character(file, text) };
    if let Some(diagnostic) = refused {
        return Parsed { documents: Vec::new(), diagnostics: vec![diagnostic] };
    }
    // Most texts need no more than the quick reader knows, and have no fault.
    if !comments && let Some(parsed) = quick::read(file, text, budget) {
        return parsed;
    }
    events::read(file, text, budget, comments)
}
