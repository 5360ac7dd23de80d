//! Where indicators stand that the events do not place: the dash of a list, the header of a block scalar.

/// The byte of the first token at or behind `from` that starts with one of `wanted`. What may stand before it is
/// skipped: blanks, comments, `:`, `?`, `-`, `---`, anchors, tags. `None` if another token comes first.
pub(super) fn find_indicator(text: &str, from: usize, wanted: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let byte = *bytes.get(at)?;
        if wanted.contains(&byte) {
            return Some(at);
        }
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b':' | b'?' | b'-' => at += 1,
            b'#' => at = line_end(text, at),
            b'&' | b'!' | b'%' => {
                at += bytes[at..].iter().take_while(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
            }
            _ if text[at..].starts_with('\u{feff}') => at += '\u{feff}'.len_utf8(),
            _ => return None,
        }
    }
}

/// The end of the line of byte `at`, without its break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// The bytes of a block scalar whose content is `content`: from its header to the end of its last line with text.
pub(super) fn block_scalar(text: &str, previous_end: usize, content: (usize, usize)) -> (usize, usize) {
    let (start, end) = content;
    let Some(header) = find_indicator(text, previous_end, b"|>") else { return content };
    let body = text.get(start.max(header)..end).unwrap_or_default().trim_end_matches(['\n', '\r', ' ', '\t']);
    if body.is_empty() || start <= header {
        let indicators = text[header..].bytes().take_while(|byte| matches!(byte, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9'));
        return (header, header + indicators.count());
    }
    (header, start + body.len())
}
