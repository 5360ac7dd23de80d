//! redis.conf: a directive a line, words as `redis-server` splits them (`sdssplitargs`).
//!
//! Valkey and KeyDB read the same. Files named by `include` are not opened.

use std::sync::Arc;

use windlass_source::{Code, Diagnostic, FileId, Span};

use crate::size;
use crate::syntax::{Concrete, Cursor, Parsed, PieceKind, Word};

const UNBALANCED: Code = Code("conf::redis-quotes");

/// A Redis configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// The text.
    pub concrete: Concrete,
    /// In the order of the text.
    pub directives: Vec<Directive>,
}

/// A line: a name and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// From the name to the last argument.
    pub span: Span,
    /// As written; case has no meaning.
    pub name: Word,
    /// Without quotes and escapes.
    pub arguments: Vec<Word>,
}

impl Directive {
    /// True for the directive of this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.text.eq_ignore_ascii_case(name)
    }

    /// The text of an argument, from 0.
    pub fn text(&self, index: usize) -> Option<&str> {
        self.arguments.get(index).map(Word::as_str)
    }
}

impl Redis {
    /// The directive that counts: the last one of this name.
    pub fn get(&self, name: &str) -> Option<&Directive> {
        self.directives.iter().rfind(|directive| directive.is(name))
    }

    /// Every directive of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.directives.iter().filter(move |directive| directive.is(name))
    }

    /// The files that it includes, as written.
    pub fn includes(&self) -> impl Iterator<Item = &Word> {
        self.all("include").flat_map(|directive| &directive.arguments)
    }
}

/// Bytes of a size as Redis writes it: `2gb` is 2 × 2³⁰, `2g` is 2 × 10⁹.
pub fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 8] =
        [("", 1), ("b", 1), ("k", 1_000), ("kb", 1 << 10), ("m", 1_000_000), ("mb", 1 << 20), ("g", 1_000_000_000), ("gb", 1 << 30)];
    size::bytes(text, &UNITS)
}

/// Reads a text. Never fails: what Redis refuses is a diagnostic of severity error.
pub fn parse(file: FileId, text: impl Into<Arc<str>>) -> Parsed<Redis> {
    let text: Arc<str> = text.into();
    let mut cursor = Cursor::new(file, Arc::clone(&text), &text);
    let mut directives = Vec::new();
    loop {
        cursor.pass_while(PieceKind::Space, |byte| byte.is_ascii_whitespace());
        match cursor.peek() {
            None => break,
            Some(b'#') => cursor.pass_comment(),
            Some(_) => directives.extend(line(&mut cursor)),
        }
    }
    let (concrete, diagnostics) = cursor.finish();
    Parsed { value: Redis { concrete, directives }, diagnostics }
}

/// The directive at the cursor; `None` where its quotes are not balanced.
fn line(cursor: &mut Cursor<'_>) -> Option<Directive> {
    let mut words = Vec::new();
    loop {
        cursor.pass_while(PieceKind::Space, is_space);
        if matches!(cursor.peek(), None | Some(b'\n')) {
            break;
        }
        let start = cursor.at;
        match word(cursor.rest()) {
            Some((text, length)) => {
                cursor.pass(PieceKind::Text, length);
                words.push(Word { text: text.into(), span: cursor.span(start, start + length) });
            }
            None => {
                let rest = cursor.rest().split('\n').next().unwrap_or_default().trim_end();
                let span = cursor.span(start, start + rest.len());
                cursor.report(Diagnostic::error(UNBALANCED, "the quotes of this line are not balanced").at(span));
                cursor.pass(PieceKind::Text, rest.len());
                return None;
            }
        }
    }
    let mut words = words.into_iter();
    let name = words.next()?;
    let arguments: Vec<Word> = words.collect();
    let span = arguments.last().map_or(name.span, |last| name.span.to(last.span));
    Some(Directive { span, name, arguments })
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() && byte != b'\n'
}

/// The word at the start of a text and its length in the text. `None` where a quote is not closed, or is closed before more text.
fn word(text: &str) -> Option<(String, usize)> {
    let mut plain = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            character if character.is_ascii_whitespace() => return Some((plain, at)),
            quote @ ('"' | '\'') => {
                loop {
                    match characters.next()?.1 {
                        '\n' => return None,
                        character if character == quote => break,
                        '\\' if quote == '"' => plain.push(escape(&mut characters)?),
                        '\\' if characters.next_if(|(_, next)| *next == '\'').is_some() => plain.push('\''),
                        character => plain.push(character),
                    }
                }
                if characters.peek().is_some_and(|(_, next)| !next.is_ascii_whitespace()) {
                    return None;
                }
            }
            character => plain.push(character),
        }
    }
    Some((plain, text.len()))
}

/// What an escape between `"` stands for.
fn escape(characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Option<char> {
    Some(match characters.next()?.1 {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'a' => '\u{7}',
        'x' => {
            let mut ahead = characters.clone();
            let digits = [ahead.next(), ahead.next()].map(|next| next.and_then(|(_, digit)| digit.to_digit(16)));
            match digits {
                [Some(high), Some(low)] => {
                    *characters = ahead;
                    char::from_u32(high * 16 + low)?
                }
                _ => 'x',
            }
        }
        '\n' => return None,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use windlass_source::SourceMap;

    use super::*;

    fn read(text: &str) -> Parsed<Redis> {
        let parsed = parse(SourceMap::new().add("redis.conf", text), text);
        assert_eq!(parsed.value.concrete.write(), text);
        parsed
    }

    #[test]
    fn words_are_split_as_redis_splits_them() {
        let text =
            "# a\nsave 900 1\n  SAVE \"\"\r\nuser a on '>it\\'s' \"\\x41\\n\\q\"\nrename-command CONFIG \"\"\nappendonly yes # no comment";
        let redis = read(text).value;
        let lines: Vec<String> = redis
            .directives
            .iter()
            .map(|line| [&line.name].into_iter().chain(&line.arguments).map(|word| format!("<{}>", word.text)).collect())
            .collect();
        assert_eq!(
            lines,
            ["<save><900><1>", "<SAVE><>", "<user><a><on><>it's><A\nq>", "<rename-command><CONFIG><>", "<appendonly><yes><#><no><comment>"]
        );
        assert_eq!(redis.get("save").and_then(|line| line.text(0)), Some(""));
        assert_eq!(redis.all("Save").count(), 2);
    }

    #[test]
    fn unbalanced_quotes_end_their_line_alone() {
        for text in ["a \"b\nc d", "a 'b\nc d", "a \"b\"x\nc d", "a \"b\\\nc d"] {
            let parsed = read(text);
            assert_eq!(parsed.diagnostics.len(), 1, "{text}");
            assert_eq!(parsed.value.directives.len(), 1, "{text}");
        }
    }

    #[test]
    fn sizes_have_two_kinds_of_units() {
        assert_eq!(
            [bytes("2gb"), bytes("2G"), bytes("100"), bytes("1 mb"), bytes("x")],
            [Some(2 << 30), Some(2_000_000_000), Some(100), Some(1 << 20), None]
        );
    }
}
