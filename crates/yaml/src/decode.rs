//! Bytes in, text out: UTF-8, and UTF-16 behind a byte-order mark, which is what go-yaml reads.

use std::borrow::Cow;

/// Bytes that are not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotText {
    /// The first byte that belongs to no character, from 0.
    pub offset: usize,
    /// Its line, from 1.
    pub line: usize,
    /// What the bytes were read as: `UTF-8`, `UTF-16LE` or `UTF-16BE`.
    pub encoding: &'static str,
}

impl std::fmt::Display for NotText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { offset, line, encoding } = self;
        write!(formatter, "not {encoding} text: byte {offset}, on line {line}, belongs to no character")
    }
}

impl std::error::Error for NotText {}

/// The text of a file. UTF-8 is borrowed as it is, with its byte-order mark; UTF-16 is copied without it.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, "UTF-16LE", u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, "UTF-16BE", u16::from_be_bytes).map(Cow::Owned),
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
            let offset = error.valid_up_to();
            let line = 1 + bytes[..offset].iter().filter(|byte| **byte == b'\n').count();
            NotText { offset, line, encoding: "UTF-8" }
        }),
    }
}

fn utf16(bytes: &[u8], encoding: &'static str, unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    // The two bytes of the mark come first.
    let mut offset = 2;
    let mut line = 1;
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let Ok(character) = character else { return Err(NotText { offset, line, encoding }) };
        offset += 2 * character.len_utf16();
        line += usize::from(character == '\n');
        text.push(character);
    }
    if odd.is_empty() { Ok(text) } else { Err(NotText { offset, line, encoding }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_and_utf_16_become_text_and_the_rest_names_its_byte() {
        assert_eq!(decode("é: 1".as_bytes()).as_deref(), Ok("é: 1"));
        assert_eq!(decode(b"\xff\xfea\0\xe9\0\x3d\xd8\x33\xdc").as_deref(), Ok("aé🐳"));
        assert_eq!(decode(b"\xfe\xff\0a\0\xe9").as_deref(), Ok("aé"));
        assert_eq!(decode(b"a: 1\nb: \xe9\n"), Err(NotText { offset: 8, line: 2, encoding: "UTF-8" }));
        assert_eq!(decode(b"\xff\xfea\0\n\0\x3d\xd8"), Err(NotText { offset: 6, line: 2, encoding: "UTF-16LE" }));
        assert_eq!(decode(b"\xfe\xff\0a\0"), Err(NotText { offset: 4, line: 1, encoding: "UTF-16BE" }));
    }
}
