//! `.env` files, `--env-file` and `env_file`: text in; variables with their places, and what is wrong, out.
//!
//! The dialect is docker compose's own (compose-go, package `dotenv`): `KEY=value`, `KEY: value`, an optional `export`, `#` after a
//! space starts a comment, `'…'` is literal, `"…"` has escapes, both may span lines, and a `KEY` alone is taken from outside.
//! Unquoted and double-quoted values are interpolated. What follows a closing quote is read as the next variable.
//! Finding and opening the files is not here.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use smol_str::SmolStr;
use windlass_source::{FileId, Origin, Span, Spanned, VariableSource};

use crate::template::{self, TemplateError, Variable};

mod escape;

/// Bytes of all values together, beyond those of their texts; variables in variables could make them grow without end.
const MAX_GROWTH: usize = 16 << 20;

/// The variables of one or more files, read one after the other.
#[derive(Clone, Debug, Default)]
pub struct Dotenv {
    variables: IndexMap<SmolStr, Entry>,
    /// Uses of variables without a value, each in an expression without default.
    pub unset: Vec<Spanned<SmolStr>>,
    /// What is wrong with the files, in their order.
    pub problems: Vec<Problem>,
    /// Variables that one file sets more than once.
    pub repeated: Vec<Repeated>,
    grown: usize,
}

/// A variable of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where its name is written.
    pub key: Span,
    /// Its value. The place is the text after the separator, with quotes; that of the name where the value came from outside.
    pub value: Spanned<String>,
    /// Where the value came from: the line, or outside.
    pub source: VariableSource,
}

/// A variable that a file sets again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The variable.
    pub name: SmolStr,
    /// Its name where it was set before.
    pub first: Span,
    /// Its name where it is set again; this line counts.
    pub again: Span,
}

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// Where.
    pub span: Span,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A character that a name can't have.
    KeyCharacter(char),
    /// A name with a space inside.
    KeySpace,
    /// `export ` at the end of the file.
    ExportAlone,
    /// The quote is not closed before the end of the file.
    Unclosed(char),
    /// A `$` expression that can't be expanded.
    Template(TemplateError),
    /// Values of more than 16 MiB; the rest of the file is not read.
    TooLong,
    /// A name at the end of the file without line break: docker compose reads it as the value of a variable without a name.
    /// Not an error.
    NameAtEnd,
}

impl Problem {
    /// True where docker compose refuses the file.
    pub fn is_error(&self) -> bool {
        self.kind != ProblemKind::NameAtEnd
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ProblemKind::KeyCharacter(character) => write!(formatter, "unexpected character {character:?} in the name of a variable"),
            ProblemKind::KeySpace => formatter.write_str("the name of a variable can't contain a space"),
            ProblemKind::ExportAlone => formatter.write_str("a name is missing after `export`"),
            ProblemKind::Unclosed(quote) => write!(formatter, "the quote `{quote}` is not closed"),
            ProblemKind::Template(error) => error.fmt(formatter),
            ProblemKind::TooLong => formatter.write_str("the values are longer than 16 MiB"),
            ProblemKind::NameAtEnd => {
                formatter.write_str("a name without `=` needs a line break after it; this one is the value of a variable without a name")
            }
        }
    }
}

impl std::error::Error for Problem {}

impl Dotenv {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A variable by its name. The last line that sets it counts.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.variables.get(name)
    }

    /// The variables in the order in which they were first set.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&SmolStr, &Entry)> {
        self.variables.iter()
    }

    /// The variable for a lookup of the template language.
    pub fn lookup(&self, name: &str) -> Option<Variable<'_>> {
        self.get(name).map(|entry| Variable { value: &entry.value, source: entry.source.clone() })
    }

    /// Bytes of all values beyond those of their texts.
    pub fn grown(&self) -> usize {
        self.grown
    }

    /// Reads a file. `outside` is asked first for the value of a variable inside a value, then the lines above, then the files read
    /// before. `text` is the file's whole text.
    pub fn read<'v>(&mut self, file: FileId, text: &str, outside: &dyn Fn(&str) -> Option<Variable<'v>>) {
        let mut reader = Reader { file, text, at: 0 };
        if text.starts_with('\u{feff}') {
            reader.at = '\u{feff}'.len_utf8();
        }
        while let Some(statement) = reader.statement() {
            match statement {
                Ok(Statement::Inherit { name, key }) => {
                    if let Some(Variable { value, source }) = outside(name) {
                        let value = Spanned::new(value.to_owned(), key);
                        self.variables.insert(name.into(), Entry { key, value, source });
                    }
                }
                Ok(Statement::Set { name, key, value, span, quote }) => {
                    let Some(value) = self.expand(value, span, quote, text, outside) else { continue };
                    let source = VariableSource::File(span);
                    self.grown = self.grown.saturating_add(value.len().saturating_sub(span.range().len()));
                    if self.grown > MAX_GROWTH {
                        self.problems.push(Problem { kind: ProblemKind::TooLong, span: key });
                        return;
                    }
                    let before = self.variables.insert(name.into(), Entry { key, value, source });
                    if let Some(Entry { key: first, .. }) = before.filter(|before| before.key.file == file) {
                        self.repeated.push(Repeated { name: name.into(), first, again: key });
                    }
                }
                Ok(Statement::NameAtEnd { value, span }) => {
                    self.problems.push(Problem { kind: ProblemKind::NameAtEnd, span });
                    let entry = Entry { key: span, value: Spanned::new(value.to_owned(), span), source: VariableSource::File(span) };
                    self.variables.insert(SmolStr::default(), entry);
                }
                Err(problem) => {
                    self.problems.push(problem);
                    reader.skip_line();
                }
            }
        }
    }

    fn expand<'v>(
        &mut self,
        value: Cow<'_, str>,
        span: Span,
        quote: Option<char>,
        text: &str,
        outside: &dyn Fn(&str) -> Option<Variable<'v>>,
    ) -> Option<Spanned<String>> {
        if quote == Some('\'') {
            return Some(Spanned::new(value.into_owned(), span));
        }
        let raw = &text[span.range()];
        let place = |range| template::locate(span, raw, &value, range);
        let variables = &self.variables;
        let found = |name: &str| {
            let outside = outside(name).map(|variable| Variable { value: variable.value, source: variable.source });
            outside.or_else(|| variables.get(name).map(|entry| Variable { value: &entry.value, source: entry.source.clone() }))
        };
        match template::interpolate(&value, &found) {
            Ok(done) => {
                let unset = done.unset.into_iter().map(|unset| Spanned::new(unset.name, place(unset.range)));
                self.unset.extend(unset);
                let origin = Origin::at(span);
                let origin = if done.parts.is_empty() { origin } else { origin.with_parts(done.parts) };
                Some(Spanned::new(done.text.into_owned(), origin))
            }
            Err(errors) => {
                let problem = |error: TemplateError| {
                    let span = place(error.range.clone());
                    Problem { kind: ProblemKind::Template(error), span }
                };
                self.problems.extend(errors.into_iter().map(problem));
                None
            }
        }
    }
}

/// What a file says at one place.
enum Statement<'t> {
    /// `KEY`: the value comes from outside.
    Inherit { name: &'t str, key: Span },
    /// `KEY=value`; the value is without quotes and escapes, but not interpolated.
    Set { name: &'t str, key: Span, value: Cow<'t, str>, span: Span, quote: Option<char> },
    /// `KEY` and the end of the file.
    NameAtEnd { value: &'t str, span: Span },
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start..end)
    }

    /// The next statement; `None` at the end of the file.
    fn statement(&mut self) -> Option<Result<Statement<'t>, Problem>> {
        loop {
            self.at = self.text.len() - self.rest().trim_start().len();
            match self.rest().chars().next()? {
                '#' => self.skip_line(),
                _ => break,
            }
        }
        if self.rest().strip_prefix("export").is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\x0c', '\r'])) {
            let export = self.span(self.at, self.at + "export".len());
            self.at += "export".len();
            self.skip_spaces();
            if self.rest().is_empty() {
                return Some(Err(Problem { kind: ProblemKind::ExportAlone, span: export }));
            }
        }
        let start = self.at;
        for (offset, character) in self.rest().char_indices() {
            match character {
                '=' | ':' | '\n' => {
                    let name = self.text[start..start + offset].trim_end();
                    let key = self.span(start, start + name.len());
                    self.at = start + offset + 1;
                    if name.contains(' ') {
                        // What follows the separator is no statement of its own.
                        self.at -= 1;
                        return Some(Err(Problem { kind: ProblemKind::KeySpace, span: key }));
                    }
                    self.skip_spaces();
                    return Some(if character == '\n' { Ok(Statement::Inherit { name, key }) } else { self.value(name, key) });
                }
                '_' | '.' | '-' | '[' | ']' => {}
                _ if is_space(character) || character.is_alphabetic() || character.is_numeric() => {}
                _ => {
                    let at = start + offset;
                    self.at = at;
                    let kind = ProblemKind::KeyCharacter(character);
                    return Some(Err(Problem { kind, span: self.span(at, at + character.len_utf8()) }));
                }
            }
        }
        let value = self.rest().trim_end();
        self.at = self.text.len();
        (!value.is_empty()).then(|| Ok(Statement::NameAtEnd { value, span: self.span(start, start + value.len()) }))
    }

    fn value(&mut self, name: &'t str, key: Span) -> Result<Statement<'t>, Problem> {
        let start = self.at;
        if let Some(quote @ ('"' | '\'')) = self.rest().chars().next() {
            let Some(length) = closing_quote(self.rest(), quote) else {
                return Err(Problem { kind: ProblemKind::Unclosed(quote), span: self.span(start, start + 1) });
            };
            self.at = start + length + 1;
            let inner = &self.text[start + 1..start + length];
            let value = if quote == '"' { escape::double(inner) } else { escape::single(inner) };
            return Ok(Statement::Set { name, key, value, span: self.span(start, self.at), quote: Some(quote) });
        }
        let line = self.rest().split('\n').next().unwrap_or_default();
        let value = line.split_once(" #").map_or(line, |(value, _)| value).trim_end();
        self.at = (start + line.len() + 1).min(self.text.len());
        Ok(Statement::Set { name, key, value: Cow::Borrowed(value), span: self.span(start, start + value.len()), quote: None })
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(is_space).len();
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').map_or(self.rest().len(), |at| at + 1);
    }
}

/// The place of the quote that closes the one at the start. A backslash hides what follows it.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, character)| {
        let closes = character == quote && !escaped;
        escaped = character == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// White space within a line.
fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

#[cfg(test)]
mod tests;
