//! Text in, [`Dockerfile`] out: pieces and logical lines here, instructions in `parse/instruction.rs`.
//!
//! Lines are joined, comments dropped and heredocs taken as BuildKit's parser does (`frontend/dockerfile/parser`), except that a
//! fault ends its instruction alone, not the file.

mod instruction;
mod json;
mod line;
mod word;

use std::sync::Arc;

use windlass_source::{Code, Diagnostic, FileId, Span};

use crate::shell;
use crate::syntax::{Directive, Dockerfile, Heredoc, Piece, PieceKind, Word};
use line::{Line, Segment};

/// A Dockerfile and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What could be read.
    pub dockerfile: Dockerfile,
    /// In the order of the text; at most a hundred.
    pub diagnostics: Vec<Diagnostic>,
}

const TOO_LONG: Code = Code("dockerfile::too-long");
const DIRECTIVE: Code = Code("dockerfile::directive");
const EMPTY_CONTINUATION: Code = Code("dockerfile::empty-continuation");
const HEREDOC: Code = Code("dockerfile::heredoc");
const EMPTY: Code = Code("dockerfile::empty");

/// Bytes of a line above which BuildKit refuses the file.
const LINE_LIMIT: usize = 65_535;
/// Diagnostics above which no more are kept.
const DIAGNOSTICS_LIMIT: usize = 100;

/// Reads a text. Never fails: what BuildKit refuses is a diagnostic of severity error.
pub fn parse(file: FileId, text: impl Into<Arc<str>>) -> Parsed {
    let text: Arc<str> = text.into();
    let mut parser = Parser::new(file, &text);
    parser.run();
    let Parser { directives, escape, instructions, pieces, diagnostics, .. } = parser;
    Parsed { dockerfile: Dockerfile { file, text, directives, escape, instructions, pieces }, diagnostics }
}

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    /// The next byte.
    at: usize,
    /// Directives may still come: nothing else was seen.
    may_be_directive: bool,
    directives: Vec<Directive>,
    escape: char,
    instructions: Vec<crate::syntax::Instruction>,
    pieces: Vec<Piece>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        Self {
            file,
            text,
            at: 0,
            may_be_directive: true,
            directives: Vec::new(),
            escape: '\\',
            instructions: Vec::new(),
            pieces: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.piece(PieceKind::ByteOrderMark, '\u{feff}'.len_utf8());
        }
        self.check_lengths();
        while let Some(raw) = self.peek_line() {
            let body = raw.trim_end_matches(['\r', '\n']);
            let content = body.trim_start();
            let indent = body.len() - content.len();
            let ending = raw.len() - body.len();
            if content.starts_with('#') {
                self.piece(PieceKind::Space, indent);
                let kind = self.directive(content);
                self.piece(kind, content.len());
                self.piece(PieceKind::Space, ending);
                continue;
            }
            self.may_be_directive = false;
            if content.is_empty() {
                self.piece(PieceKind::Space, raw.len());
                continue;
            }
            self.piece(PieceKind::Space, indent);
            let line = self.logical_line();
            self.instruction(&line);
        }
        if self.instructions.is_empty() {
            self.report(Diagnostic::error(EMPTY, "this file has no instructions").at(self.span(0, 0)).help("begin with `FROM image`"));
        }
    }

    fn check_lengths(&mut self) {
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            if line.len() > LINE_LIMIT {
                let at = self.span(start, start);
                self.report(
                    Diagnostic::error(TOO_LONG, format!("this line is longer than {LINE_LIMIT} bytes")).at(at).help("divide it with `\\`"),
                );
            }
            start += line.len();
        }
    }

    /// The text from here to the end of the line, its line break included; `None` at the end.
    fn peek_line(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        Some(rest.find('\n').map_or(rest, |end| &rest[..=end]))
    }

    /// Takes `len` bytes as a piece.
    fn piece(&mut self, kind: PieceKind, len: usize) {
        if len == 0 {
            return;
        }
        let span = self.span(self.at, self.at + len);
        self.at += len;
        match self.pieces.last_mut() {
            Some(last) if last.kind == kind && matches!(kind, PieceKind::Space | PieceKind::Heredoc) => last.span.end = span.end,
            _ => self.pieces.push(Piece { kind, span }),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < DIAGNOSTICS_LIMIT {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reads `# name=value` at the current place, which only the first lines may hold.
    fn directive(&mut self, content: &str) -> PieceKind {
        if !self.may_be_directive {
            return PieceKind::Comment;
        }
        let Some((name, value)) = split_directive(content) else {
            self.may_be_directive = false;
            return PieceKind::Comment;
        };
        let place = |part: &str| {
            let start = self.at + (part.as_ptr() as usize - content.as_ptr() as usize);
            self.span(start, start + part.len())
        };
        let (name_span, value_span) = (place(name), place(value));
        let lower = name.to_ascii_lowercase();
        if !matches!(lower.as_str(), "syntax" | "escape" | "check") {
            self.may_be_directive = false;
            return PieceKind::Comment;
        }
        if self.directives.iter().any(|directive| directive.name.text == lower) {
            self.report(Diagnostic::error(DIRECTIVE, format!("the directive `{lower}` is given twice")).at(name_span).help("keep one"));
        } else if lower == "escape" {
            match value {
                "\\" => self.escape = '\\',
                "`" => self.escape = '`',
                other => self.report(
                    Diagnostic::error(DIRECTIVE, format!("`{other}` cannot be the escape character"))
                        .at(value_span)
                        .help("write `\\` or a backtick"),
                ),
            }
        }
        self.directives
            .push(Directive { name: Word { text: lower.into(), span: name_span }, value: Word { text: value.into(), span: value_span } });
        PieceKind::Directive
    }

    /// Joins the lines of an instruction.
    fn logical_line(&mut self) -> Line<'a> {
        let mut line = Line::new(self.file, self.text);
        let mut is_first = true;
        let mut empty: Option<Span> = None;
        while let Some(raw) = self.peek_line() {
            let body = raw.trim_end_matches(['\r', '\n']);
            let ending = raw.len() - body.len();
            let content = body.trim_start();
            if !is_first && (content.starts_with('#') || content.is_empty()) {
                self.piece(PieceKind::Space, body.len() - content.len());
                if content.is_empty() {
                    empty.get_or_insert(self.span(self.at, self.at));
                }
                self.piece(PieceKind::Comment, content.len());
                self.piece(PieceKind::Space, ending);
                continue;
            }
            is_first = false;
            let continued = self.continuation(body);
            let kept = continued.unwrap_or(body.len());
            line.push(Segment { start: self.at, len: kept });
            self.piece(PieceKind::Text, kept);
            if continued.is_some() {
                self.piece(PieceKind::Continuation, raw.len() - kept);
            } else {
                self.piece(PieceKind::Space, ending);
                break;
            }
        }
        if let Some(at) = empty {
            self.report(
                Diagnostic::warning(EMPTY_CONTINUATION, "an empty line within an instruction")
                    .at(at)
                    .because("BuildKit skips it, and says that it will be an error")
                    .help("remove the line"),
            );
        }
        line
    }

    /// Where the escape character stands that continues the line.
    fn continuation(&self, body: &str) -> Option<usize> {
        let before = body.trim_end_matches([' ', '\t']).strip_suffix(self.escape)?;
        // An escaped escape character continues nothing.
        (!before.ends_with(self.escape)).then_some(before.len())
    }

    fn instruction(&mut self, line: &Line<'a>) {
        let mut context = instruction::Context { line, escape: self.escape, diagnostics: &mut self.diagnostics };
        let mut instruction = instruction::read(line.all(), &mut context);
        if instruction::may_have_heredocs(&instruction) && line.text().contains("<<") {
            instruction.heredocs = self.heredocs(line);
            if let Some(last) = instruction.heredocs.last() {
                instruction.span.end = last.body.end.max(instruction.span.end);
            }
        }
        self.instructions.push(instruction);
    }

    /// Takes the lines of the heredocs that an instruction opens.
    fn heredocs(&mut self, line: &Line<'a>) -> Vec<Heredoc> {
        let mut heredocs = Vec::new();
        for opened in shell::heredocs(line.text()) {
            let word = line.span(opened.range.clone());
            let start = self.at;
            let mut is_closed = false;
            let mut end = start;
            while let Some(raw) = self.peek_line() {
                let body = raw.trim_end_matches(['\r', '\n']);
                let body = if opened.strips_tabs { body.trim_start_matches('\t') } else { body };
                if body == opened.delimiter {
                    self.piece(PieceKind::HeredocEnd, raw.len());
                    is_closed = true;
                    break;
                }
                self.piece(PieceKind::Heredoc, raw.len());
                end = self.at;
            }
            if !is_closed {
                self.report(
                    Diagnostic::error(HEREDOC, format!("no line `{}` ends this heredoc", opened.delimiter))
                        .label(word, "opened here")
                        .help(format!("write `{}` alone on the line after its last one", opened.delimiter)),
                );
            }
            heredocs.push(Heredoc {
                delimiter: Word { text: opened.delimiter.into(), span: word },
                expand: opened.expand,
                strips_tabs: opened.strips_tabs,
                descriptor: opened.descriptor,
                body: self.span(start, end),
            });
        }
        heredocs
    }
}

/// Name and value of a comment that has the form of a directive.
fn split_directive(comment: &str) -> Option<(&str, &str)> {
    let content = comment.strip_prefix('#')?.trim_start();
    let (name, value) = content.split_once('=')?;
    let (name, value) = (name.trim_end(), value.trim());
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_name && !value.is_empty()).then_some((name, value))
}

#[cfg(test)]
mod tests;
