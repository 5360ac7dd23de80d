//! Text in, [`Ini`] out, line by line. A fault ends its line, not the file.
//!
//! PHP's rules are those of its scanner (`Zend/zend_ini_scanner.l`), MySQL's those of `my_default.cc`.

use std::sync::Arc;

use windlass_source::{Code, Diagnostic, FileId};

use crate::ini::{Dialect, Entry, Include, Ini, Section};
use crate::syntax::{Cursor, Parsed, PieceKind, Word};

const HEADER: Code = Code("conf::ini-header");
const NO_SECTION: Code = Code("conf::ini-no-section");
const NO_KEY: Code = Code("conf::ini-no-key");
const UNCLOSED: Code = Code("conf::ini-unclosed");
const HASH: Code = Code("conf::ini-hash");

/// Reads a text in a dialect. Never fails: what the program refuses is a diagnostic of severity error.
pub fn parse(file: FileId, text: impl Into<Arc<str>>, dialect: Dialect) -> Parsed<Ini> {
    let text: Arc<str> = text.into();
    let cursor = Cursor::new(file, Arc::clone(&text), &text);
    let mut parser = Parser { cursor, dialect, sections: vec![Section { name: None, entries: Vec::new() }], includes: Vec::new() };
    parser.run();
    let Parser { cursor, sections, includes, .. } = parser;
    let (concrete, diagnostics) = cursor.finish();
    Parsed { value: Ini { concrete, dialect, sections, includes }, diagnostics }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    dialect: Dialect,
    sections: Vec<Section>,
    includes: Vec<Include>,
}

impl<'a> Parser<'a> {
    fn run(&mut self) {
        loop {
            self.cursor.pass_while(PieceKind::Space, |byte| byte.is_ascii_whitespace());
            match self.cursor.peek() {
                None => return,
                Some(b';') => self.cursor.pass_comment(),
                Some(b'#') if self.dialect == Dialect::MySql => self.cursor.pass_comment(),
                Some(b'#') => self.hash(),
                Some(b'[') => self.header(),
                Some(b'!') if self.dialect == Dialect::MySql => self.include(),
                Some(_) => self.entry(),
            }
        }
    }

    /// The rest of the line, without its break and the spaces before it.
    fn line(&self) -> &'a str {
        self.cursor.rest().split('\n').next().unwrap_or_default().trim_ascii_end()
    }

    fn pass_line(&mut self) {
        let length = self.line().len();
        self.cursor.pass(PieceKind::Text, length);
    }

    /// Passes what may follow a header: spaces and a comment.
    fn after_header(&mut self) {
        self.cursor.pass_while(PieceKind::Space, |byte| byte == b' ' || byte == b'\t');
        match self.cursor.peek() {
            Some(b';') => self.cursor.pass_comment(),
            Some(b'#') if self.dialect == Dialect::MySql => self.cursor.pass_comment(),
            _ => self.pass_line(),
        }
    }

    /// PHP took `#` for a comment up to version 6; now the line is an entry that nothing reads.
    fn hash(&mut self) {
        let at = self.cursor.at;
        let span = self.cursor.span(at, at + 1);
        let diagnostic = Diagnostic::warning(HASH, "`#` does not begin a comment here").at(span);
        self.cursor.report(diagnostic.help("begin comments with `;`"));
        self.pass_line();
    }

    fn header(&mut self) {
        let start = self.cursor.at;
        let line = self.line();
        let Some(close) = line.find(']') else {
            let span = self.cursor.span(start, start + line.len());
            self.cursor.report(Diagnostic::error(HEADER, "the header of this section is not closed").at(span).help("add `]`"));
            return self.pass_line();
        };
        let name = &line[1..close];
        let indent = name.len() - name.trim_start().len();
        let name = name.trim();
        let at = start + 1 + indent;
        let name = Word { text: name.into(), span: self.cursor.span(at, at + name.len()) };
        self.sections.push(Section { name: Some(name), entries: Vec::new() });
        self.cursor.pass(PieceKind::Text, close + 1);
        self.after_header();
    }

    /// `!include PATH`, `!includedir PATH`.
    fn include(&mut self) {
        let start = self.cursor.at;
        let line = self.line();
        let (word, path) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let path = path.trim();
        let at = start + line.len() - path.len();
        let path = Word { text: path.into(), span: self.cursor.span(at, at + path.len()) };
        if matches!(word, "!include" | "!includedir") && !path.text.is_empty() {
            self.includes.push(Include { path, is_directory: word == "!includedir" });
        } else {
            let span = self.cursor.span(start, start + line.len());
            self.cursor.report(Diagnostic::error(HEADER, "neither `!include FILE` nor `!includedir DIRECTORY`").at(span));
        }
        self.pass_line();
    }

    fn entry(&mut self) {
        let start = self.cursor.at;
        let line = self.line();
        let ends_key = |character: char| character == '=' || self.begins_comment(character);
        let key = line[..line.find(ends_key).unwrap_or(line.len())].trim_ascii_end();
        let key_span = self.cursor.span(start, start + key.len());
        self.cursor.pass(PieceKind::Text, key.len());
        self.cursor.pass_while(PieceKind::Space, |byte| byte == b' ' || byte == b'\t');
        let value = (self.cursor.peek() == Some(b'=')).then(|| {
            self.cursor.pass(PieceKind::Text, 1);
            self.cursor.pass_while(PieceKind::Space, |byte| byte == b' ' || byte == b'\t');
            self.value()
        });
        self.cursor.pass_while(PieceKind::Space, |byte| byte == b' ' || byte == b'\t');
        if self.cursor.peek().is_some_and(|byte| self.begins_comment(char::from(byte))) {
            self.cursor.pass_comment();
        }
        if key.is_empty() {
            self.cursor.report(Diagnostic::error(NO_KEY, "a key is missing before `=`").at(self.cursor.span(start, start + 1)));
            return;
        }
        let key = Word { text: key.into(), span: key_span };
        let span = value.as_ref().map_or(key_span, |value: &Word| key_span.to(value.span));
        if self.dialect == Dialect::MySql && self.sections.len() == 1 {
            let diagnostic = Diagnostic::error(NO_SECTION, format!("`{}` stands in no section", key.text)).at(key_span);
            self.cursor.report(diagnostic.help("add a header, as `[mysqld]`, above it"));
        }
        if let Some(path) = value.clone().filter(|_| self.dialect == Dialect::PhpFpm && key.text == "include") {
            self.includes.push(Include { path, is_directory: false });
        }
        if let Some(section) = self.sections.last_mut() {
            section.entries.push(Entry { span, key, value });
        }
    }

    /// Characters that begin a comment behind a key or value.
    fn begins_comment(&self, character: char) -> bool {
        character == if self.dialect == Dialect::MySql { '#' } else { ';' }
    }

    /// The value at the cursor, up to a comment or the end of its line. Quotes hide what begins a comment; PHP's may hold lines.
    fn value(&mut self) -> Word {
        let start = self.cursor.at;
        let text = self.cursor.text;
        let bytes = text.as_bytes();
        let mut at = start;
        let mut quote: Option<(u8, usize)> = None;
        // Where a quote that opened the value has closed.
        let mut closed = None;
        while let Some(&byte) = bytes.get(at) {
            match quote {
                Some((_, _)) if byte == b'\\' && bytes.get(at + 1).is_some_and(|next| *next != b'\n') => at += 1,
                Some((open, from)) if byte == open => {
                    quote = None;
                    closed = (from == start).then_some(at);
                }
                Some(_) if byte == b'\n' && self.dialect == Dialect::MySql => break,
                Some(_) => {}
                None if byte == b'\n' || self.begins_comment(char::from(byte)) => break,
                None if byte == b'"' || byte == b'\'' => quote = Some((byte, at)),
                None => {}
            }
            at += 1;
        }
        let at = at.min(bytes.len());
        let open_at = quote.map(|(_, from)| from);
        if let Some(from) = open_at.filter(|_| self.dialect != Dialect::MySql) {
            let span = self.cursor.span(from, from + 1);
            self.cursor.report(Diagnostic::error(UNCLOSED, format!("the quote `{}` is not closed", &text[from..=from])).at(span));
        }
        // A quote that nothing closes holds no more than its line.
        let end = match open_at {
            Some(from) => start + text[start..].find('\n').unwrap_or(text.len() - start).max(from + 1 - start),
            None => at,
        };
        let raw = text[start..end].trim_ascii_end();
        self.cursor.pass(PieceKind::Text, raw.len());
        let is_quoted = open_at.is_none() && closed == (start + raw.len()).checked_sub(1) && raw.len() > 1;
        let plain = match is_quoted {
            true => unescape(&raw[1..raw.len() - 1], raw.as_bytes()[0], self.dialect),
            false => raw.to_owned(),
        };
        Word { text: plain.into(), span: self.cursor.span(start, start + raw.len()) }
    }
}

/// The escapes of quoted text. PHP knows none but those of quotes and backslashes, and none between `'`.
fn unescape(text: &str, quote: u8, dialect: Dialect) -> String {
    if !text.contains('\\') || (quote == b'\'' && dialect != Dialect::MySql) {
        return text.to_owned();
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
            Some('n') if dialect == Dialect::MySql => plain.push('\n'),
            Some('t') if dialect == Dialect::MySql => plain.push('\t'),
            Some('r') if dialect == Dialect::MySql => plain.push('\r'),
            Some('b') if dialect == Dialect::MySql => plain.push('\u{8}'),
            Some('s') if dialect == Dialect::MySql => plain.push(' '),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain
}
