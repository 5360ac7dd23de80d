//! Escapes in quoted values.

use std::borrow::Cow;

/// `'…'`: a backslash before a single quote hides it and goes; every other one stays.
pub(super) fn single(text: &str) -> Cow<'_, str> {
    unescape(text, |after, out| {
        if !after.starts_with('\'') {
            return 0;
        }
        out.push('\'');
        1
    })
}

/// `"…"`: `\"`, `\\`, the letters of C, `\$` for a dollar sign that starts no variable (as `$$`), and `\0` with three octal digits.
/// Anything else keeps its backslash.
pub(super) fn double(text: &str) -> Cow<'_, str> {
    unescape(text, |after, out| {
        let replacement = match after.as_bytes().first() {
            Some(b'"') => "\"",
            Some(b'\\') => "\\",
            Some(b'$') => "$$",
            Some(b'a') => "\x07",
            Some(b'b') => "\x08",
            Some(b'f') => "\x0c",
            Some(b'n') => "\n",
            Some(b'r') => "\r",
            Some(b't') => "\t",
            Some(b'v') => "\x0b",
            Some(b'0') => return octal(&after[1..], out),
            _ => return 0,
        };
        out.push_str(replacement);
        1
    })
}

/// The character of three octal digits up to `377`. With fewer digits, or others, docker compose takes away the zero only.
fn octal(digits: &str, out: &mut String) -> usize {
    let length = digits.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let number = (length == 3).then(|| u8::from_str_radix(&digits[..3], 8).ok()).flatten();
    match number {
        Some(number) => out.push(char::from(number)),
        None => {
            out.push('\\');
            out.push_str(&digits[..length]);
        }
    }
    1 + length
}

/// Replaces escapes. `replace` gets the text after a backslash, writes what it stands for, and returns how many bytes it took; with
/// 0 the backslash and the character after it stay.
fn unescape(text: &str, replace: impl Fn(&str, &mut String) -> usize) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let mut taken = replace(after, &mut out);
        if taken == 0 {
            taken = after.chars().next().map_or(0, char::len_utf8);
            out.push('\\');
            out.push_str(&after[..taken]);
        }
        rest = &after[taken..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}
