//! Text in, trees out: every document with a place on each key and value, merge keys and aliases resolved, and a
//! diagnostic for whatever go-yaml v3 refuses. Bytes become text in [`decode`](crate::decode()); nothing here knows
//! what a value means.

mod builder;
mod layout;
pub(crate) mod resolve;
mod syntax;

use granit_parser::{Event, Parser};
use windlass_source::{Diagnostic, FileId, Span};

use crate::budget::Budget;
use crate::node::Node;
use builder::Builder;

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
/// A fault ends its document, which then holds what stood before it; later documents are still read. Duplicate keys,
/// wrong merge keys and unknown anchors end nothing.
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
    let mut options = granit_parser::options! {
        flow_nesting_limit: budget.depth,
        block_nesting_limit: budget.depth,
        max_buffered_comment_events: usize::MAX,
        emit_unresolved_aliases: true,
        // As go-yaml: `a: |` with `x` as the last line of a text without line break is `x`, not `x\n`.
        block_scalar_eof_without_line_feed: true,
    };
    options.set_emit_comments(comments);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::new(file, text, budget);
    loop {
        let fault = match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => builder.event(event, span).err(),
            Some(Err(error)) => Some(Box::new(syntax::diagnostic(file, text, budget, &error))),
        };
        if let Some(fault) = fault {
            builder.abandon(*fault);
            match parser.proceed_next_document() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    builder.abandon(syntax::diagnostic(file, text, budget, &error));
                    break;
                }
            }
        }
    }
    builder.finish()
}
