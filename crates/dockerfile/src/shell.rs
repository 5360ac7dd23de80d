//! Variables and quotes in the words of a Dockerfile: `${NAME:-default}`, `'…'`, `"…"`, escapes; and the heredocs that a line
//! opens. What BuildKit's `frontend/dockerfile/shell` makes of them, which resembles a shell but is none.

mod pattern;

use std::collections::BTreeSet;
use std::fmt;
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use smol_str::SmolStr;

use pattern::Pattern;

/// `${…}` within each other, above which a word is refused.
const DEPTH: usize = 50;
/// Bytes of an expanded word above which it is refused: `ENV A=$A$A` doubles each time.
const LIMIT: usize = 1 << 16;

/// The value of a variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<SmolStr>;

/// An expanded word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The word without quotes and escapes.
    pub text: String,
    /// The same, divided at spaces that stand outside of quotes; values of variables are divided too.
    pub words: Vec<String>,
    /// Variables that were asked for and have no value.
    pub unset: BTreeSet<SmolStr>,
}

/// Why a word cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    /// A quote is not closed.
    Quote(char),
    /// `${` without `}`, or a replacement without its second `/`.
    Unclosed(char),
    /// `${}`, `${:`, `${{`.
    Substitution,
    /// `${NAME^}` and others that BuildKit does not know.
    Modifier(String),
    /// `${NAME:?message}` of a variable without a value.
    Required {
        /// The variable.
        name: SmolStr,
        /// What is to be said.
        message: String,
    },
    /// The pattern of a `#`, `%` or `/` cannot be read.
    Pattern(String),
    /// The result is longer than 64 KiB, or `${…}` are nested more than 50 deep.
    TooLarge,
}

impl fmt::Display for ExpandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quote(quote) => write!(formatter, "`{quote}` is not closed"),
            Self::Unclosed(missing) => write!(formatter, "`${{` has no `{missing}`"),
            Self::Substitution => formatter.write_str("`${` is not followed by a name"),
            Self::Modifier(modifier) => write!(formatter, "the modifier `{modifier}` is not known"),
            Self::Required { name, message } => write!(formatter, "`{name}`: {message}"),
            Self::Pattern(pattern) => write!(formatter, "the pattern `{pattern}` cannot be read"),
            Self::TooLarge => formatter.write_str("the value is too large"),
        }
    }
}

impl std::error::Error for ExpandError {}

/// Expands a word.
///
/// # Errors
/// Where BuildKit refuses the word, and above the limits of [`ExpandError::TooLarge`].
pub fn expand(word: &str, escape: char, variable: Lookup<'_>) -> Result<Expanded, ExpandError> {
    let mut lexer = Lexer::new(word, Settings { escape, raw_quotes: false, keep_unset: false }, variable);
    let (text, words) = lexer.until(None, Escapes::Taken)?;
    Ok(Expanded { text, words: words.into_iter().map(|(word, _)| word).collect(), unset: lexer.unset })
}

/// A heredoc that a line opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The bytes of the line: `<<-"EOF"`.
    pub(crate) range: Range<usize>,
    pub(crate) delimiter: String,
    pub(crate) expand: bool,
    pub(crate) strips_tabs: bool,
    pub(crate) descriptor: u32,
}

/// The heredocs of a line, in order; none where its quotes are not closed, as BuildKit has it.
pub(crate) fn heredocs(line: &str) -> Vec<Opened> {
    let settings = Settings { escape: '\\', raw_quotes: true, keep_unset: true };
    let Ok((_, words)) = Lexer::new(line, settings, &|_| None).until(None, Escapes::Kept) else { return Vec::new() };
    words.into_iter().filter_map(|(word, range)| heredoc(&word, range)).collect()
}

/// True for a word that opens a heredoc.
pub(crate) fn is_heredoc(word: &str) -> bool {
    heredoc(word, 0..word.len()).is_some()
}

fn heredoc(word: &str, range: Range<usize>) -> Option<Opened> {
    let digits = word.len() - word.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
    let (number, rest) = word.split_at(digits);
    let rest = rest.strip_prefix("<<")?;
    let (strips_tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let lex = |raw_quotes| {
        let settings = Settings { escape: '\\', raw_quotes, keep_unset: true };
        let words = Lexer::new(rest, settings, &|_| None).until(None, Escapes::Taken).ok()?.1;
        <[_; 1]>::try_from(words).ok().map(|[(word, _)]| word)
    };
    let (delimiter, raw) = (lex(false)?, lex(true)?);
    let quotes = |word: &str| word.matches(['\'', '"']).count();
    let expand = quotes(&delimiter) == quotes(&raw);
    Some(Opened { range, delimiter, expand, strips_tabs, descriptor: number.parse().unwrap_or(0) })
}

#[derive(Clone, Copy)]
struct Settings {
    escape: char,
    /// Quotes stay in the result.
    raw_quotes: bool,
    /// Variables without a value stay as they are written.
    keep_unset: bool,
}

/// What becomes of escape characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// They go, what they escape stays.
    Taken,
    /// They stay.
    Kept,
    /// They stay, and those that mean themselves are doubled: the result is read again as a pattern.
    ForPattern,
}

/// A word, and the bytes that it was made of.
type Found = (String, Range<usize>);

struct Lexer<'a> {
    text: &'a str,
    characters: Peekable<CharIndices<'a>>,
    settings: Settings,
    variable: Lookup<'a>,
    unset: BTreeSet<SmolStr>,
    depth: usize,
}

/// Words as they grow.
#[derive(Default)]
struct Words {
    done: Vec<Found>,
    word: String,
    start: usize,
    is_open: bool,
}

impl Words {
    fn open(&mut self, at: usize) {
        if !self.is_open || self.word.is_empty() {
            self.start = at;
        }
        self.is_open = true;
    }

    /// A character that divides words when it is a space.
    fn character(&mut self, character: char, at: usize) {
        if !character.is_whitespace() {
            self.open(at);
            self.word.push(character);
        } else {
            self.close(at);
        }
    }

    fn raw(&mut self, text: &str, at: usize) {
        self.open(at);
        self.word.push_str(text);
    }

    fn close(&mut self, at: usize) {
        if !self.word.is_empty() {
            self.done.push((std::mem::take(&mut self.word), self.start..at));
            self.is_open = false;
        }
    }
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, settings: Settings, variable: Lookup<'a>) -> Self {
        Self { text, characters: text.char_indices().peekable(), settings, variable, unset: BTreeSet::new(), depth: 0 }
    }

    fn peek(&mut self) -> Option<char> {
        self.characters.peek().map(|(_, character)| *character)
    }

    fn next(&mut self) -> Option<char> {
        self.characters.next().map(|(_, character)| character)
    }

    fn at(&mut self) -> usize {
        self.characters.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    /// Reads to `stop`, which is passed over, or to the end.
    fn until(&mut self, stop: Option<char>, escapes: Escapes) -> Result<(String, Vec<Found>), ExpandError> {
        let mut result = String::new();
        let mut words = Words::default();
        loop {
            let at = self.at();
            let Some(character) = self.peek() else { break };
            if Some(character) == stop {
                self.next();
                words.close(at);
                return Ok((result, words.done));
            }
            match character {
                '$' => {
                    let value = self.dollar()?;
                    value.chars().for_each(|character| words.character(character, at));
                    result.push_str(&value);
                }
                '<' => {
                    let value = self.angle();
                    words.raw(&value, at);
                    result.push_str(&value);
                }
                '\'' | '"' => {
                    let value = if character == '"' { self.double_quote(escapes)? } else { self.single_quote(escapes)? };
                    words.raw(&value, at);
                    result.push_str(&value);
                }
                _ => {
                    self.next();
                    if character != self.settings.escape {
                        words.character(character, at);
                        result.push(character);
                        continue;
                    }
                    let kept = if escapes == Escapes::Taken { None } else { Some(character) };
                    let Some(escaped) = self.next() else {
                        // Nothing follows: only what is kept of it counts.
                        if let Some(kept) = kept {
                            words.raw(kept.encode_utf8(&mut [0; 4]), at);
                            result.push(kept);
                        }
                        break;
                    };
                    for character in kept.into_iter().chain([escaped]) {
                        words.raw(character.encode_utf8(&mut [0; 4]), at);
                        result.push(character);
                    }
                }
            }
            if result.len() > LIMIT {
                return Err(ExpandError::TooLarge);
            }
        }
        match stop {
            Some(stop) => Err(ExpandError::Unclosed(stop)),
            None => {
                words.close(self.text.len());
                Ok((result, words.done))
            }
        }
    }

    fn single_quote(&mut self, escapes: Escapes) -> Result<String, ExpandError> {
        let mut result = String::new();
        let raw = self.settings.raw_quotes;
        result.extend(self.next().filter(|_| raw));
        loop {
            match self.next() {
                None => return Err(ExpandError::Quote('\'')),
                Some('\'') => {
                    result.extend(raw.then_some('\''));
                    return Ok(result);
                }
                Some(character) => {
                    if escapes == Escapes::ForPattern && character == self.settings.escape {
                        result.push(character);
                    }
                    result.push(character);
                }
            }
        }
    }

    fn double_quote(&mut self, escapes: Escapes) -> Result<String, ExpandError> {
        let mut result = String::new();
        let Settings { escape, raw_quotes: raw, .. } = self.settings;
        result.extend(self.next().filter(|_| raw));
        loop {
            match self.peek() {
                None => return Err(ExpandError::Quote('"')),
                Some('"') => {
                    self.next();
                    result.extend(raw.then_some('"'));
                    return Ok(result);
                }
                Some('$') => result.push_str(&self.dollar()?),
                Some(character) => {
                    self.next();
                    if character != escape {
                        result.push(character);
                        continue;
                    }
                    match self.peek() {
                        None => {}
                        Some(escaped) if matches!(escaped, '"' | '$') || escaped == escape => {
                            self.next();
                            result.extend((escapes != Escapes::Taken).then_some(escape));
                            result.push(escaped);
                        }
                        Some(_) => {
                            let doubled = escapes != Escapes::Taken && (!raw || escapes == Escapes::ForPattern);
                            result.extend(doubled.then_some(escape));
                            result.push(escape);
                        }
                    }
                }
            }
            if result.len() > LIMIT {
                return Err(ExpandError::TooLarge);
            }
        }
    }

    /// `<`, or `<<` with the space before a delimiter, which does not divide words.
    fn angle(&mut self) -> String {
        self.next();
        if self.peek() != Some('<') {
            return "<".to_owned();
        }
        self.next();
        let mut result = "<<".to_owned();
        while let Some(blank) = self.peek().filter(|character| matches!(character, '\t' | '\r' | ' ')) {
            self.next();
            result.push(blank);
        }
        result
    }

    fn value(&mut self, name: &str) -> Option<SmolStr> {
        let value = (self.variable)(name);
        if value.is_none() {
            self.unset.insert(name.into());
        }
        value
    }

    fn dollar(&mut self) -> Result<String, ExpandError> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.value(&name) {
                Some(value) => value.to_string(),
                None if self.settings.keep_unset => format!("${name}"),
                None => String::new(),
            });
        }
        self.next();
        match self.peek() {
            None => return Err(ExpandError::Unclosed('}')),
            Some('{' | '}' | ':') => return Err(ExpandError::Substitution),
            Some(_) => {}
        }
        if self.depth >= DEPTH {
            return Err(ExpandError::TooLarge);
        }
        self.depth += 1;
        let result = self.substitution();
        self.depth -= 1;
        result
    }

    /// The rest of a `${`, from the name on.
    fn substitution(&mut self) -> Result<String, ExpandError> {
        let name = self.name();
        let Some(first) = self.next() else { return Err(ExpandError::Unclosed('}')) };
        match first {
            '}' => Ok(match self.value(&name) {
                Some(value) => value.to_string(),
                None if self.settings.keep_unset => format!("${{{name}}}"),
                None => String::new(),
            }),
            '/' => self.replacement(&name),
            ':' => match self.next() {
                Some(modifier @ ('+' | '-' | '?')) => self.modifier(&name, modifier, true),
                Some(other) => Err(ExpandError::Modifier(format!(":{other}"))),
                None => Err(ExpandError::Unclosed('}')),
            },
            '+' | '-' | '?' | '#' | '%' => self.modifier(&name, first, false),
            other => Err(ExpandError::Modifier(other.to_string())),
        }
    }

    fn modifier(&mut self, name: &str, modifier: char, empty_is_unset: bool) -> Result<String, ExpandError> {
        let is_pattern = matches!(modifier, '#' | '%');
        let (word, _) = self.until(Some('}'), if is_pattern { Escapes::ForPattern } else { Escapes::Taken })?;
        let value = self.value(name);
        if value.is_none() && self.settings.keep_unset {
            return Ok(format!("${{{name}{}{modifier}{word}}}", if empty_is_unset { ":" } else { "" }));
        }
        let has_value = value.as_ref().is_some_and(|value| !(empty_is_unset && value.is_empty()));
        Ok(match modifier {
            '-' if !has_value => word,
            '+' => {
                if has_value {
                    word
                } else {
                    String::new()
                }
            }
            '?' if !has_value => {
                let default = if value.is_none() { "is not allowed to be unset" } else { "is not allowed to be empty" };
                let message = if word.is_empty() { default.to_owned() } else { word };
                return Err(ExpandError::Required { name: name.into(), message });
            }
            '#' | '%' => {
                let value = value.unwrap_or_default();
                // Once is the shortest match, twice the longest.
                let (longest, text) = word.strip_prefix(modifier).map_or((false, word.as_str()), |text| (true, text));
                let pattern = Pattern::parse(text).ok_or_else(|| ExpandError::Pattern(text.to_owned()))?;
                let rest = if modifier == '#' { pattern.without_prefix(&value, longest) } else { pattern.without_suffix(&value, longest) };
                rest.ok_or(ExpandError::TooLarge)?
            }
            _ => value.unwrap_or_default().to_string(),
        })
    }

    /// `/pattern/replacement}`, `//pattern/replacement}`.
    fn replacement(&mut self, name: &str) -> Result<String, ExpandError> {
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let (pattern, _) = self.until(Some('/'), Escapes::ForPattern)?;
        let (replacement, _) = self.until(Some('}'), Escapes::Kept)?;
        let Some(value) = self.value(name) else {
            return Ok(if self.settings.keep_unset { format!("${{{name}/{pattern}/{replacement}}}") } else { String::new() });
        };
        let parsed = Pattern::parse(&pattern).ok_or(ExpandError::Pattern(pattern))?;
        parsed.replace(&value, &replacement, all, LIMIT).ok_or(ExpandError::TooLarge)
    }

    /// A name, a number, or one of the special parameters; may be empty.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.peek() {
            Some(first) if first.is_numeric() => {
                while let Some(digit) = self.peek().filter(|character| character.is_numeric()) {
                    self.next();
                    name.push(digit);
                }
                return name;
            }
            Some(special @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
                self.next();
                return special.to_string();
            }
            _ => {}
        }
        while let Some(character) = self.peek().filter(|character| character.is_alphanumeric() || *character == '_') {
            self.next();
            name.push(character);
        }
        name
    }
}

#[cfg(test)]
mod tests;
