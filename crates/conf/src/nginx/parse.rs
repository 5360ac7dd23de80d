//! Text in, [`Nginx`] out. A fault ends its directive, not the file, except where blocks nest too deep.

use std::borrow::Cow;
use std::sync::Arc;

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, FileId};

use crate::nginx::{Block, Directive, MAX_DEPTH, Nginx, code};
use crate::syntax::{Cursor, Parsed, PieceKind, Word};

const UNCLOSED: Code = Code("conf::nginx-unclosed");
const UNEXPECTED: Code = Code("conf::nginx-unexpected");
const UNTERMINATED: Code = Code("conf::nginx-unterminated");
const TOO_DEEP: Code = Code("conf::nginx-too-deep");

/// Reads a text. Never fails: what nginx refuses is a diagnostic of severity error.
pub fn parse(file: FileId, text: impl Into<Arc<str>>) -> Parsed<Nginx> {
    let text: Arc<str> = text.into();
    let mut parser =
        Parser { cursor: Cursor::new(file, Arc::clone(&text), &text), words: Vec::new(), open: Vec::new(), directives: Vec::new() };
    parser.run();
    let (concrete, diagnostics) = parser.cursor.finish();
    Parsed { value: Nginx { concrete, directives: parser.directives }, diagnostics }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    /// The words of the directive that is being read.
    words: Vec<Word>,
    /// The blocks that are open, the outermost first, each with the directives around it that came before.
    open: Vec<Open>,
    /// The directives of the innermost open block.
    directives: Vec<Directive>,
}

struct Open {
    name: Word,
    arguments: Vec<Word>,
    brace: usize,
    before: Vec<Directive>,
}

impl Parser<'_> {
    fn run(&mut self) {
        loop {
            self.cursor.pass_while(PieceKind::Space, is_space);
            let at = self.cursor.at;
            match self.cursor.peek() {
                None => break,
                Some(b'#') => self.cursor.pass_comment(),
                Some(b';') => {
                    self.cursor.pass(PieceKind::Text, 1);
                    if !self.end_directive(at + 1) {
                        self.unexpected(at, ";");
                    }
                }
                Some(b'{') => {
                    if !self.open_block(at) {
                        break;
                    }
                }
                Some(b'}') => self.close_block(at),
                Some(_) => {
                    let word = self.word();
                    self.words.push(word);
                }
            }
        }
        let end = self.cursor.text.len();
        self.unterminated(end);
        while let Some(open) = self.open.pop() {
            let brace = self.cursor.span(open.brace, open.brace + 1);
            let message = format!("the block of `{}` is not closed", open.name.text);
            self.cursor.report(Diagnostic::error(UNCLOSED, message).at(brace).help("add `}`"));
            self.close(open, end);
        }
    }

    /// Ends the directive of the words read; false where there are none.
    fn end_directive(&mut self, end: usize) -> bool {
        let mut words = std::mem::take(&mut self.words).into_iter();
        let Some(name) = words.next() else { return false };
        let span = name.span.to(self.cursor.span(end, end));
        self.directives.push(Directive { span, name, arguments: words.collect(), block: None });
        true
    }

    /// Ends a directive that nothing has ended.
    fn unterminated(&mut self, end: usize) {
        let Some(span) = self.words.last().map(|word| word.span) else { return };
        let name = &self.words[0].text;
        let message = format!("the directive `{name}` is not terminated by `;`");
        self.cursor.report(Diagnostic::error(UNTERMINATED, message).at(span).help("add `;`"));
        self.end_directive(end.min(span.end as usize));
    }

    fn unexpected(&mut self, at: usize, sign: &str) {
        let span = self.cursor.span(at, at + sign.len());
        self.cursor.report(Diagnostic::error(UNEXPECTED, format!("unexpected `{sign}`")).at(span));
    }

    /// Opens a block for the words read. False where the rest of the file is not read.
    fn open_block(&mut self, brace: usize) -> bool {
        if self.open.len() >= MAX_DEPTH {
            let span = self.cursor.span(brace, brace + 1);
            let message = format!("more than {MAX_DEPTH} blocks inside one another; the rest of the file is not read");
            self.cursor.report(Diagnostic::error(TOO_DEEP, message).at(span));
            self.words.clear();
            let rest = self.cursor.rest().len();
            self.cursor.pass(PieceKind::Foreign, rest);
            return false;
        }
        self.cursor.pass(PieceKind::Text, 1);
        let mut words = std::mem::take(&mut self.words).into_iter();
        let name = words.next().unwrap_or_else(|| {
            self.unexpected(brace, "{");
            Word { text: SmolStr::default(), span: self.cursor.span(brace, brace) }
        });
        let is_code = name.text.ends_with("_by_lua_block");
        let before = std::mem::take(&mut self.directives);
        self.open.push(Open { name, arguments: words.collect(), brace, before });
        if is_code {
            let length = code::end(self.cursor.rest()).unwrap_or(self.cursor.rest().len());
            self.cursor.pass(PieceKind::Foreign, length);
        }
        true
    }

    fn close_block(&mut self, brace: usize) {
        self.unterminated(brace);
        self.cursor.pass(PieceKind::Text, 1);
        match self.open.pop() {
            Some(open) => self.close(open, brace + 1),
            None => self.unexpected(brace, "}"),
        }
    }

    fn close(&mut self, open: Open, end: usize) {
        let Open { name, arguments, brace, before } = open;
        let directives = std::mem::replace(&mut self.directives, before);
        let is_code = name.text.ends_with("_by_lua_block");
        let span = name.span.to(self.cursor.span(end, end));
        let block = Block { span: self.cursor.span(brace, end), directives, is_code };
        self.directives.push(Directive { span, name, arguments, block: Some(block) });
    }

    fn word(&mut self) -> Word {
        let start = self.cursor.at;
        let bytes = self.cursor.text.as_bytes();
        let quote = bytes[start];
        if !matches!(quote, b'"' | b'\'') {
            let end = bare_end(bytes, start);
            self.cursor.pass(PieceKind::Text, end - start);
            let text = unescape(&self.cursor.text[start..end]).into();
            return Word { text, span: self.cursor.span(start, end) };
        }
        let close = quoted_end(bytes, start);
        let end = close.map_or(bytes.len(), |close| close + 1);
        self.cursor.pass(PieceKind::Text, end - start);
        let span = self.cursor.span(start, end);
        match close {
            None => {
                let message = format!("the quote `{}` is not closed", char::from(quote));
                self.cursor.report(Diagnostic::error(UNCLOSED, message).at(self.cursor.span(start, start + 1)));
            }
            Some(_) if self.cursor.peek().is_some_and(|next| !is_space(next) && !matches!(next, b';' | b'{' | b')')) => {
                let next = self.cursor.rest().chars().next().map(String::from).unwrap_or_default();
                self.unexpected(end, &next);
            }
            Some(_) => {}
        }
        Word { text: unescape(&self.cursor.text[start + 1..close.unwrap_or(end)]).into(), span }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where a word without quotes ends. A brace after `$` belongs to it, a backslash takes the next character along.
fn bare_end(bytes: &[u8], start: usize) -> usize {
    let mut after_dollar = false;
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' if after_dollar => {}
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' => break,
            b'\\' => at += 1,
            _ => {}
        }
        after_dollar = byte == b'$';
        at += 1;
    }
    at.min(bytes.len())
}

/// The quote that closes the one at `start`.
fn quoted_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            byte if byte == bytes[start] => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// nginx knows five escapes; any other backslash stays, for regular expressions.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some(escaped @ ('"' | '\'' | '\\')) => plain.push(escaped),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('n') => plain.push('\n'),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    Cow::Owned(plain)
}
