//! How the arguments of an instruction are divided into words (BuildKit: `line_parsers.go`, `split_command.go`).

use std::ops::Range;

use smol_str::SmolStr;

/// What separates the words of most instructions, and a keyword from its arguments.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The words between blanks; quotes mean nothing.
pub(super) fn between_blanks(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text[range.clone()].char_indices() {
        let at = range.start + at;
        match (is_blank(character), start) {
            (false, None) => start = Some(at),
            (true, Some(begin)) => {
                words.push(begin..at);
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|begin| begin..range.end));
    words
}

/// The range without the white space around it.
pub(super) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..(range.start + part.trim_end().len()).max(start)
}

/// The words of `ENV`, `LABEL` and `ARG`: spaces within quotes, or after an escape character, do not divide. Quotes stay.
pub(super) fn with_quotes(text: &str, range: Range<usize>, escape: char) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = text[range.clone()].char_indices().peekable();
    let mut end = range.end;
    while let Some((at, character)) = characters.next() {
        let at = range.start + at;
        if quote.is_none() && character.is_whitespace() {
            words.extend(start.take().map(|begin| begin..at));
            continue;
        }
        start.get_or_insert(at);
        if character == escape && quote != Some('\'') {
            // At the very end it is dropped.
            if characters.next().is_none() {
                end = at;
            }
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '\'' | '"') {
            quote = Some(character);
        }
    }
    words.extend(start.filter(|begin| *begin < end).map(|begin| begin..end));
    words
}

/// A flag as written, and its text without quotes and escapes.
pub(super) struct RawFlag {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// The flags at the start of the arguments, and where the rest begins.
pub(super) fn flags(text: &str, range: Range<usize>, escape: char) -> (Vec<RawFlag>, usize) {
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        let rest = &text[at..range.end];
        at += rest.len() - rest.trim_start().len();
        if !text[at..range.end].starts_with("--") {
            return (flags, at);
        }
        let (flag, is_blank_ok) = flag(text, at..range.end, escape);
        at = flag.range.end;
        if flag.text == "--" {
            return (flags, at);
        }
        if is_blank_ok || !flag.text.is_empty() {
            flags.push(flag);
        }
    }
}

fn flag(text: &str, range: Range<usize>, escape: char) -> (RawFlag, bool) {
    let mut value = String::new();
    let mut quote = None;
    let mut had_quotes = false;
    let mut characters = text[range.clone()].char_indices();
    let mut end = range.end;
    while let Some((at, character)) = characters.next() {
        match quote {
            None if character.is_whitespace() => {
                end = range.start + at;
                break;
            }
            None if matches!(character, '\'' | '"') => {
                quote = Some(character);
                had_quotes = true;
            }
            Some(open) if open == character => quote = None,
            _ if character == escape => value.extend(characters.next().map(|(_, character)| character)),
            _ => value.push(character),
        }
    }
    (RawFlag { range: range.start..end, text: value }, had_quotes)
}

/// A Go duration (`1m30s`, `1.5h`) in nanoseconds.
pub(super) fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, f64); 8] =
        [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(number);
        let unit = after.find(|character: char| character.is_ascii_digit() || character == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let factor = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        let number: f64 = if digits == "." { return None } else { digits.parse().ok()? };
        total += number * factor;
        rest = after;
    }
    // Above 292 years Go refuses too.
    (total < 9.2e18).then_some((sign * total) as i64)
}

/// Its first word and what follows, as ranges: `HEALTHCHECK`'s kind, for one.
pub(super) fn first(text: &str, range: Range<usize>) -> (Range<usize>, Range<usize>) {
    let part = &text[range.clone()];
    let end = range.start + part.find(char::is_whitespace).unwrap_or(part.len());
    (range.start..end, trim(text, end..range.end))
}

/// The text of a range.
pub(super) fn slice(text: &str, range: Range<usize>) -> SmolStr {
    text.get(range).unwrap_or_default().into()
}
