//! Where in a tree: `services.web.ports[0].target`.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;

use smol_str::{SmolStr, SmolStrBuilder};

/// One step into a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a map.
    Key(SmolStr),
    /// An item of a list, from 0.
    Index(usize),
}

/// The steps from the root to a value, as the text that a person reads: keys joined by dots, items as `[0]`, keys with other
/// than `[A-Za-z0-9_-]` quoted as in JSON, `labels["traefik.enable"]`. No two places have the same text, so that a path is
/// compared, hashed and cloned as cheaply as a short text; a place in a map can be looked up by it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Path {
    text: SmolStr,
}

impl Path {
    /// The root.
    pub fn root() -> Self {
        Self::default()
    }

    /// As [`parse`](Self::parse), for a text that stands in the program: it is not copied.
    pub fn known(text: &'static str) -> Self {
        if is_displayed(text) { Self { text: SmolStr::new_static(text) } } else { Self::parse(text) }
    }

    /// The path that a text spells, for paths known to the program. What can't be read so is taken as part of a key.
    pub fn parse(text: &str) -> Self {
        if is_displayed(text) {
            return Self { text: text.into() };
        }
        let mut path = String::with_capacity(text.len());
        Segments { rest: text }.for_each(|segment| push(&mut path, &segment));
        Self { text: path.into() }
    }

    /// This path and then `tail`.
    pub fn join(&self, tail: &Self) -> Self {
        if self.is_root() {
            return tail.clone();
        }
        let mut text = SmolStrBuilder::new();
        text.push_str(&self.text);
        if !tail.text.is_empty() && !tail.text.starts_with('[') {
            text.push('.');
        }
        text.push_str(&tail.text);
        Self { text: text.finish() }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True for the path of no steps.
    pub fn is_root(&self) -> bool {
        self.text.is_empty()
    }

    /// The steps.
    pub fn segments(&self) -> Vec<Segment> {
        Segments { rest: &self.text }.collect()
    }

    /// One step further, into a map.
    pub fn key(&self, key: impl AsRef<str>) -> Self {
        let mut text = SmolStrBuilder::new();
        text.push_str(&self.text);
        push_key(&mut text, self.is_root(), key.as_ref());
        Self { text: text.finish() }
    }

    /// One step further, into a list.
    pub fn index(&self, index: usize) -> Self {
        let mut text = SmolStrBuilder::new();
        text.push_str(&self.text);
        push_index(&mut text, index);
        Self { text: text.finish() }
    }

    /// Without the last step; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let mut segments = Segments { rest: &self.text };
        // Only from the front is it plain which of the marks stand within quotes.
        let mut last = None;
        loop {
            let left = segments.rest.len();
            if segments.next().is_none() {
                break;
            }
            last = Some(self.text.len() - left);
        }
        let before = &self.text[..last?];
        Some(Self { text: before.strip_suffix('.').unwrap_or(before).into() })
    }

    /// True when `self` leads to `other` or above it.
    pub fn contains(&self, other: &Self) -> bool {
        let below = other.text.strip_prefix(self.text.as_str());
        below.is_some_and(|below| self.is_root() || below.is_empty() || below.starts_with(['.', '[']))
    }

    /// The order of a tree: what leads to a place before the place, keys by their text and before items, items by their number.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.segments().cmp(&other.segments())
    }
}

impl<'a> FromIterator<&'a Segment> for Path {
    fn from_iter<T: IntoIterator<Item = &'a Segment>>(segments: T) -> Self {
        let mut text = String::new();
        for segment in segments {
            push(&mut text, segment);
        }
        Self { text: text.into() }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl Borrow<str> for Path {
    fn borrow(&self) -> &str {
        &self.text
    }
}

/// A path that goes down and up with a walk through a tree.
#[derive(Debug, Default)]
pub struct Trail {
    text: String,
    /// How long the text was before each step.
    lengths: Vec<usize>,
}

impl Trail {
    /// Takes a step into a map; [`pop`](Self::pop) takes it back.
    pub fn push_key(&mut self, key: &str) {
        self.lengths.push(self.text.len());
        push_key(&mut self.text, self.lengths.len() == 1, key);
    }

    /// Takes a step into a list.
    pub fn push_index(&mut self, index: usize) {
        self.lengths.push(self.text.len());
        push_index(&mut self.text, index);
    }

    /// Takes the last step back.
    pub fn pop(&mut self) {
        self.text.truncate(self.lengths.pop().unwrap_or(0));
    }

    /// The text of the path.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path.
    pub fn path(&self) -> Path {
        Path { text: self.text.as_str().into() }
    }
}

/// Reads the steps of a text.
struct Segments<'a> {
    rest: &'a str,
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.rest.is_empty() {
            return None;
        }
        let (segment, after) = if let Some(quoted) = self.rest.strip_prefix("[\"") {
            let (key, after) = unquote(quoted);
            (Segment::Key(key.into()), after)
        } else if let Some((number, after)) = self.rest.strip_prefix('[').and_then(|index| index.split_once(']')) {
            (number.parse().map_or_else(|_| Segment::Key(number.into()), Segment::Index), after)
        } else {
            let (key, after) = self.rest.split_at(self.rest.find(['.', '[']).unwrap_or(self.rest.len()));
            (Segment::Key(key.into()), after)
        };
        self.rest = after.strip_prefix('.').unwrap_or(after);
        Some(segment)
    }
}

/// The key of a text behind `["`, and what follows its `"]`.
fn unquote(text: &str) -> (String, &str) {
    let mut key = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => break,
            '\\' => match rest.next() {
                Some('u') => {
                    let digits = rest.as_str().get(..4).unwrap_or_default();
                    key.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32));
                    rest = rest.as_str()[digits.len()..].chars();
                }
                escaped => key.extend(escaped),
            },
            character => key.push(character),
        }
    }
    let after = rest.as_str();
    (key, after.strip_prefix(']').unwrap_or(after))
}

/// True for a text that is its own path: words, each with indexes, joined by dots. Paths with quotes are not looked at.
fn is_displayed(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let word = rest.iter().take_while(|byte| is_word_byte(**byte)).count();
        if word == 0 {
            return false;
        }
        rest = &rest[word..];
        while let [b'[', index @ ..] = rest {
            let digits = index.iter().take_while(|byte| byte.is_ascii_digit()).count();
            // Few enough digits for any integer, and none that would not be written.
            let is_index = matches!(digits, 1..10) && (index[0] != b'0' || digits == 1) && index.get(digits) == Some(&b']');
            if !is_index {
                return false;
            }
            rest = &index[digits + 1..];
        }
        rest = match rest {
            [] => return true,
            [b'.', after @ ..] if !after.is_empty() => after,
            _ => return false,
        };
    }
    true
}

/// True for a key that needs no quotes.
fn is_word(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(is_word_byte)
}

fn is_word_byte(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

/// Paths are made by the thousand.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-');
        byte += 1;
    }
    table
};

fn push(text: &mut String, segment: &Segment) {
    match segment {
        Segment::Key(key) => push_key(text, text.is_empty(), key),
        Segment::Index(index) => push_index(text, *index),
    }
}

// Writing to a text in memory can't fail.
fn push_key(text: &mut impl fmt::Write, is_first: bool, key: &str) {
    if is_word(key) {
        if !is_first {
            _ = text.write_char('.');
        }
        _ = text.write_str(key);
        return;
    }
    _ = text.write_str("[\"");
    for character in key.chars() {
        _ = match character {
            '"' | '\\' => text.write_char('\\').and_then(|()| text.write_char(character)),
            character if character.is_control() => write!(text, "\\u{:04x}", character as u32),
            character => text.write_char(character),
        };
    }
    _ = text.write_str("\"]");
}

fn push_index(text: &mut impl fmt::Write, index: usize) {
    // Without the formatter, which costs more than all else here.
    let (mut digits, mut start, mut rest) = ([b'0'; 20], 20, index);
    loop {
        start -= 1;
        digits[start] += (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    _ = text.write_char('[');
    _ = text.write_str(std::str::from_utf8(&digits[start..]).unwrap_or_default());
    _ = text.write_char(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_parses_back() {
        for text in ["", "a", "spec.ports[0].port", "labels[\"traefik.enable\"][2].x", "[0]", "a[1][2]", r#"[""].x["a\"]b"]["\u0007\\"]"#] {
            assert_eq!(Path::parse(text).to_string(), text);
        }
        for (text, displayed) in [
            ("a..b", "a[\"\"].b"),
            ("a[01]", "a[1]"),
            ("a[x]", "a.x"),
            ("a.", "a"),
            ("a[10000000000]", "a[10000000000]"),
            ("a b", "[\"a b\"]"),
            ("a[\"b\"]", "a.b"),
        ] {
            assert_eq!(Path::parse(text).to_string(), displayed);
        }
    }

    #[test]
    fn odd_keys_are_quoted() {
        let path = Path::root().key("services").key("web").key("labels").key("traefik.enable").index(0).key("a\"b");
        assert_eq!(path.to_string(), r#"services.web.labels["traefik.enable"][0]["a\"b"]"#);
        assert_eq!(Path::root().key("x.y").to_string(), r#"["x.y"]"#);
    }

    /// Paths whose keys have all that a text has a meaning for.
    fn odd_paths() -> Vec<Path> {
        let keys = ["a", "a-b", "", ".", "a.b", "[0]", "[", "\"]", "[\"", "\\", "\\u0041", "\u{7}", "é"];
        let one: Vec<_> = keys.iter().map(|key| Path::root().key(key)).chain([0, 2, 10].map(|index| Path::root().index(index))).collect();
        one.iter().flat_map(|first| one.iter().map(|second| first.join(second))).chain([Path::root()]).collect()
    }

    #[test]
    fn a_path_is_its_steps() {
        for path in odd_paths() {
            let segments = path.segments();
            let mut trail = Trail::default();
            for segment in &segments {
                match segment {
                    Segment::Key(key) => trail.push_key(key),
                    Segment::Index(index) => trail.push_index(*index),
                }
            }
            assert_eq!((trail.path(), segments.iter().collect()), (path.clone(), path.clone()));
            assert_eq!(segments.len(), if path.is_root() { 0 } else { 2 }, "{path}");
            trail.pop();
            assert_eq!(path.parent().unwrap_or_default(), trail.path());
        }
    }

    #[test]
    fn a_path_contains_what_its_steps_lead_to() {
        let paths = odd_paths();
        for path in &paths {
            for other in &paths {
                let contains = other.segments().starts_with(&path.segments());
                assert_eq!(path.contains(other), contains, "{path} {other}");
            }
        }
    }

    #[test]
    fn the_order_is_that_of_the_tree() {
        let mut paths = ["a-b", "a[10]", "a.b", "", "a", "a[2].c", "a[2]"].map(Path::parse);
        paths.sort_by(Path::compare);
        assert_eq!(paths.map(|path| path.to_string()), ["", "a", "a.b", "a[2]", "a[2].c", "a[10]", "a-b"]);
    }
}
