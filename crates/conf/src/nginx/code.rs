//! Where a block of Lua code ends.

/// The closing brace that belongs to an opening one before `code`. Strings, long strings and comments of Lua hide braces.
pub(super) fn end(code: &str) -> Option<usize> {
    let bytes = code.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            b'"' | b'\'' => at += short_string(&bytes[at..]),
            b'[' => at += long_bracket(&code[at..]).map_or(0, |length| length - 1),
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                let comment = &code[at + 2..];
                at += match long_bracket(comment) {
                    Some(length) => length + 1,
                    None => comment.find('\n').map_or(comment.len(), |line| line + 1),
                };
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// From the quote at the start to the one that closes it: the number of bytes before the latter. An open string ends with its line.
fn short_string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if byte == bytes[0] => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The length of `[[…]]` or `[==[…]==]` at the start of a text; to its end where nothing closes it.
fn long_bracket(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('[')?;
    let level = rest.bytes().take_while(|byte| *byte == b'=').count();
    rest[level..].strip_prefix('[')?;
    let close = format!("]{}]", "=".repeat(level));
    let body = level + 2;
    Some(text[body..].find(&close).map_or(text.len(), |end| body + end + close.len()))
}

#[cfg(test)]
mod tests {
    use super::end;

    #[test]
    fn braces_in_strings_and_comments_do_not_count() {
        for code in
            ["x = {1, {2}}", "s = '}\\'}'", "s = \"}\"", "s = [[ } ]]", "s = [=[ ]] } ]=]", "-- }\n", "--[[ }\n} ]] x = 1", "a[1] = {}"]
        {
            assert_eq!(end(&format!("{code}}} rest")), Some(code.len()), "{code}");
        }
        assert_eq!(end("x = {"), None);
        assert_eq!(end("--"), None);
        assert_eq!(end("'"), None);
    }
}
