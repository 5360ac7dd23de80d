//! Shell words: how docker compose makes a list of a `command`, `entrypoint` or hook that is written as one text.
//!
//! The rules are those of mattn/go-shellwords 1.0.12 with its default settings, not those of a shell: nothing is expanded, `\n` is
//! an `n`, `#` is no comment, and everything from the first `;`, `&`, `|`, `<` or `>` on is lost.

use std::fmt;
use std::ops::Range;

/// The words of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words.
    pub words: Vec<Word>,
    /// Where the first shell operator stands, if one does; it and all that follows is ignored.
    pub cut_at: Option<usize>,
}

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without quotes and escapes.
    pub value: String,
    /// Its bytes in the text, with quotes and escapes.
    pub range: Range<usize>,
    /// The bytes of these that are no part of the value: quotes, and the backslashes of escapes, in order.
    pub left_out: Vec<usize>,
}

/// A text that is not a list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordsError {
    /// What is wrong.
    pub kind: WordsErrorKind,
    /// The byte where it starts.
    pub at: usize,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordsErrorKind {
    /// A quote, a backtick or `$(` is not closed.
    Unclosed(char),
    /// A backslash is the last character.
    TrailingBackslash,
    /// `(` stands where no `$(` opens.
    Parenthesis,
}

impl fmt::Display for WordsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            WordsErrorKind::Unclosed(mark) => write!(formatter, "`{mark}` is not closed"),
            WordsErrorKind::TrailingBackslash => formatter.write_str("nothing follows the last `\\`"),
            WordsErrorKind::Parenthesis => formatter.write_str("`(` is allowed in quotes and after `$` only"),
        }
    }
}

impl std::error::Error for WordsError {}

/// What the text is inside of, with the places where that began. Quotes go inside backticks too.
#[derive(Default)]
struct Inside {
    /// `'…'` or `"…"`.
    quote: Option<(char, usize)>,
    /// `` `…` ``; kept as it is, but for quotes.
    backtick: Option<usize>,
    /// `$(…)`; kept as it is.
    substitution: Option<usize>,
}

impl Inside {
    fn nothing(&self) -> bool {
        self.quote.is_none() && self.backtick.is_none() && self.substitution.is_none()
    }
}

/// Splits a text into words.
///
/// # Errors
/// The first mark that is not closed, or a `(` that docker compose does not accept.
pub fn split(text: &str) -> Result<Words, WordsError> {
    let mut done = Words::default();
    let mut inside = Inside::default();
    let mut value = String::new();
    let mut start = None;
    let mut left_out = Vec::new();
    // `''` is a word, but an opening quote alone does not make one: it is not closed anyway.
    let mut is_word = false;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        let quote = inside.quote.map(|(quote, _)| quote);
        match character {
            '\\' if quote != Some('\'') => {
                let Some((_, escaped)) = characters.next() else {
                    return Err(WordsError { kind: WordsErrorKind::TrailingBackslash, at });
                };
                start.get_or_insert(at);
                left_out.push(at);
                value.push(escaped);
                is_word = true;
                continue;
            }
            ' ' | '\t' | '\r' | '\n' if inside.nothing() => {
                if is_word {
                    let range = start.take().unwrap_or(at)..at;
                    done.words.push(Word { value: std::mem::take(&mut value), range, left_out: std::mem::take(&mut left_out) });
                }
                is_word = false;
                continue;
            }
            ';' | '&' | '|' | '<' | '>' if inside.nothing() => {
                // `2>` is a redirection of descriptor 2, so a word before `>` that starts with a digit is part of the operator.
                if character == '>' && value.starts_with(|first: char| first.is_ascii_digit()) {
                    is_word = false;
                }
                done.cut_at = Some(at);
                break;
            }
            '\'' | '"' if inside.substitution.is_none() && quote.is_none_or(|quote| quote == character) => {
                is_word |= quote.is_some();
                inside.quote = if quote.is_some() { None } else { Some((character, at)) };
                start.get_or_insert(at);
                left_out.push(at);
                continue;
            }
            '`' if quote.is_none() && inside.substitution.is_none() => {
                inside.backtick = if inside.backtick.is_some() { None } else { Some(at) };
            }
            '(' | ')' if quote.is_none() && inside.backtick.is_none() => match (character, inside.substitution) {
                ('(', None) if value.ends_with('$') => inside.substitution = Some(at),
                ('(', _) => return Err(WordsError { kind: WordsErrorKind::Parenthesis, at }),
                // A lone `)` opens what the next one closes.
                (_, None) => inside.substitution = Some(at),
                (_, Some(_)) => inside.substitution = None,
            },
            _ => {}
        }
        start.get_or_insert(at);
        value.push(character);
        is_word = true;
    }
    let open = inside.quote.map(|(_, at)| at).or(inside.backtick).or(inside.substitution);
    if let Some(at) = open
        && let Some(mark) = text[at..].chars().next()
    {
        return Err(WordsError { kind: WordsErrorKind::Unclosed(mark), at });
    }
    if is_word {
        let end = done.cut_at.unwrap_or(text.len());
        done.words.push(Word { value, range: start.unwrap_or(end)..end, left_out });
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(text: &str) -> String {
        match split(text) {
            Ok(done) => {
                let words: Vec<_> = done.words.iter().map(|word| format!("[{}]", word.value)).collect();
                let cut = done.cut_at.map_or(String::new(), |at| format!(" cut {at}"));
                format!("{}{cut}", words.concat())
            }
            Err(error) => format!("! {error} @ {}", error.at),
        }
    }

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let cases = [
            ("", ""),
            ("  ", ""),
            ("nginx -g 'daemon off;'", "[nginx][-g][daemon off;]"),
            ("a\tb\nc\r\nd", "[a][b][c][d]"),
            ("a\u{a0}b", "[a\u{a0}b]"),
            ("a''b \"\" c", "[ab][][c]"),
            ("a\"b c\"d", "[ab cd]"),
            ("a\\ b \\n \\;", "[a b][n][;]"),
            ("'a\\nb'", "[a\\nb]"),
            ("\"a\\nb \\\" \\$\"", "[anb \" $]"),
            ("a && b > c", "[a] cut 2"),
            ("a;b", "[a] cut 1"),
            ("&a", " cut 0"),
            ("a\"&\"b c", "[a&b][c]"),
            ("\"a b\">c", "[a b] cut 5"),
            ("echo 2>x", "[echo] cut 6"),
            ("echo 2abc>x", "[echo] cut 9"),
            ("\"1\"2>x", " cut 4"),
            ("''>x", "[] cut 2"),
            ("a2>x", "[a2] cut 2"),
            ("2<x", "[2] cut 1"),
            ("echo $(a b) c", "[echo][$(a b)][c]"),
            ("echo $(a \"b) c", "[echo][$(a \"b)][c]"),
            ("$(a;b) `c;d`", "[$(a;b)][`c;d`]"),
            ("$(a\\)b) c", "[$(a)b)][c]"),
            ("`a`\\`b", "[`a``b]"),
            ("a #b", "[a][#b]"),
            ("echo ) foo )", "[echo][) foo )]"),
            ("echo \"$(a b)\" c", "[echo][$(a b)][c]"),
            ("`a \"b` c\" d`", "[`a b` c d`]"),
            ("`(b(\"`", "! `\"` is not closed @ 4"),
            ("echo )", "! `)` is not closed @ 5"),
            ("echo `a", "! ``` is not closed @ 5"),
            ("echo $(a", "! `(` is not closed @ 6"),
            ("echo $(a $(b)) c", "! `(` is allowed in quotes and after `$` only @ 10"),
            ("echo (a)", "! `(` is allowed in quotes and after `$` only @ 5"),
            ("echo $((1+2))", "! `(` is allowed in quotes and after `$` only @ 7"),
            ("x\\", "! nothing follows the last `\\` @ 1"),
            ("x \"y", "! `\"` is not closed @ 2"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_knows_its_place() {
        let text = "ab 'c d'e  \\f>g";
        let places: Vec<_> = split(text).unwrap().words.into_iter().map(|word| text[word.range].to_owned()).collect();
        assert_eq!(places, ["ab", "'c d'e", "\\f"]);
    }

    proptest! {
        #[test]
        fn any_text_is_split_or_refused(text in "([ab '\"`$()\\\\;>2é])*") {
            for word in split(&text).map(|done| done.words).unwrap_or_default() {
                prop_assert!(text.get(word.range).is_some());
            }
        }
    }
}
