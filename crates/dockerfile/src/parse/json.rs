//! The exec form: a JSON array of texts, with a place for each (RFC 8259, as Go's `encoding/json` reads it).

use std::ops::Range;

/// What an argument is that may be JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// The texts and their places, quotes included.
    Texts(Vec<(String, Range<usize>)>),
    /// An array, but not of texts alone; the place of the first other item.
    Other(Range<usize>),
    /// No JSON array.
    No,
}

/// Arrays and objects within each other, above which a text is not taken for JSON.
const DEPTH: usize = 64;

pub(super) fn array(text: &str) -> Json {
    let mut reader = Reader { text, at: 0 };
    reader.blanks();
    read(&mut reader).unwrap_or(Json::No)
}

fn read(reader: &mut Reader<'_>) -> Option<Json> {
    reader.eat("[").then_some(())?;
    let mut texts = Vec::new();
    let mut other = None;
    reader.blanks();
    if !reader.eat("]") {
        loop {
            reader.blanks();
            let start = reader.at;
            if let Some(text) = reader.string() {
                texts.push((text, start..reader.at));
            } else {
                reader.value(DEPTH)?;
                other.get_or_insert(start..reader.at);
            }
            reader.blanks();
            if reader.eat("]") {
                break;
            }
            reader.eat(",").then_some(())?;
        }
    }
    reader.blanks();
    (reader.at == reader.text.len()).then(|| other.map_or(Json::Texts(texts), Json::Other))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Passes over any value.
    fn value(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.blanks();
        if self.string().is_some() || ["true", "false", "null"].iter().any(|word| self.eat(word)) {
            return Some(());
        }
        if self.eat("[") {
            return self.items("]", |reader| reader.value(depth));
        }
        if self.eat("{") {
            return self.items("}", |reader| {
                reader.blanks();
                reader.string()?;
                reader.blanks();
                reader.eat(":").then_some(())?;
                reader.value(depth)
            });
        }
        self.number()
    }

    fn items(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.blanks();
        if self.eat(close) {
            return Some(());
        }
        loop {
            item(self)?;
            self.blanks();
            if self.eat(close) {
                return Some(());
            }
            self.eat(",").then_some(())?;
        }
    }

    fn number(&mut self) -> Option<()> {
        self.eat("-");
        if !self.eat("0") {
            self.digits()?;
        }
        if self.eat(".") {
            self.digits()?;
        }
        if self.eat("e") || self.eat("E") {
            let _ = self.eat("+") || self.eat("-");
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.rest();
        let count = rest.len() - rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        self.at += count;
        (count > 0).then_some(())
    }

    /// A text in quotes; nothing is passed over when it is none.
    fn string(&mut self) -> Option<String> {
        let rest = self.rest().strip_prefix('"')?;
        let mut value = String::new();
        let mut characters = rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += 1 + at + 1;
                    return Some(value);
                }
                '\\' => {
                    let (_, escaped) = characters.next()?;
                    value.push(match escaped {
                        '"' | '\\' | '/' => escaped,
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => unicode(&mut characters)?,
                        _ => return None,
                    });
                }
                control if (control as u32) < 0x20 => return None,
                other => value.push(other),
            }
        }
        None
    }
}

/// The character of four hexadecimal digits, or of two such escapes in a row; a lone half is U+FFFD, as Go has it.
fn unicode(characters: &mut std::str::CharIndices<'_>) -> Option<char> {
    let first = hexadecimal(characters)?;
    if (0xd800..0xdc00).contains(&first) {
        let mut ahead = characters.clone();
        if ahead.next().is_some_and(|(_, next)| next == '\\') && ahead.next().is_some_and(|(_, next)| next == 'u') {
            let second = hexadecimal(&mut ahead)?;
            if (0xdc00..0xe000).contains(&second) {
                *characters = ahead;
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
        }
    }
    Some(char::from_u32(first).unwrap_or('\u{fffd}'))
}

fn hexadecimal(characters: &mut std::str::CharIndices<'_>) -> Option<u32> {
    (0..4).try_fold(0, |number, _| Some(number * 16 + characters.next()?.1.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_array_of_texts_is_the_exec_form() {
        let texts = |text: &str| match array(text) {
            Json::Texts(texts) => Some(texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>()),
            Json::Other(_) | Json::No => None,
        };
        assert_eq!(texts(r#"["a", "b c"]"#), Some(vec!["a".to_owned(), "b c".to_owned()]));
        assert_eq!(texts(r#" [ ] "#), Some(vec![]));
        assert_eq!(texts(r#"["\u00e9\ud83d\ude00\ud83d\n"]"#), Some(vec!["é😀\u{fffd}\n".to_owned()]));
        for shell in ["a", "['a']", r#"["a",]"#, r#"["a"] b"#, r#"["a"#, r#"[ "$A" -eq 1 ]"#, "[01]", r#"["\x"]"#] {
            assert_eq!(array(shell), Json::No, "{shell}");
        }
        for other in [r#"["a", 1]"#, "[null]", r#"[["a"], {"b": -1.5e3}]"#] {
            assert!(matches!(array(other), Json::Other(_)), "{other}");
        }
        assert_eq!(array(&"[".repeat(10_000)), Json::No);
    }
}
