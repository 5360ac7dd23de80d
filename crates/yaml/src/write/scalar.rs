//! Text in, the scalar that stands for it out: plain where every reader takes it for text, else quoted or a block.

use crate::parse::resolve;

use super::Style;

/// Where a scalar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Before a colon.
    Key,
    /// Alone in its document.
    Root,
    /// Behind a colon or a dash.
    Value,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// `|`, with an indent of 2 named in the header or not.
    Literal {
        names_indent: bool,
    },
}

/// What YAML's grammar allows for a text.
struct Shape {
    plain: bool,
    single_quoted: bool,
    block: bool,
    line_breaks: bool,
}

/// The form of a text; go-yaml's choice in [`Style::Compose`].
pub(super) fn form(text: &str, style: Style, spot: Spot) -> Form {
    // Most texts are words, and nothing but their first byte can make a reader err.
    let kinds = kinds(text);
    let first = text.bytes().next().unwrap_or_default();
    if kinds & STRANGE == 0 && (first.is_ascii_alphanumeric() || first == b'/') {
        let may_be_misread = if first.is_ascii_digit() { kinds & NOT_NUMERIC == 0 } else { text.len() <= 5 };
        return if may_be_misread && is_misread(text, style) { Form::DoubleQuoted } else { Form::Plain };
    }
    let shape = shape(text, style);
    if shape.line_breaks && shape.block && spot != Spot::Key {
        // The first line's indent would be taken for that of the block.
        let names_indent = text.starts_with([' ', '\n']);
        let starts_with_tab = text.trim_start_matches(['\n', ' ']).starts_with('\t');
        let is_blank = text.bytes().all(|byte| byte == b'\n');
        if !((is_blank && style == Style::Kubernetes) || starts_with_tab || (names_indent && spot == Spot::Root)) {
            return Form::Literal { names_indent };
        }
    }
    // go-yaml leaves `<<` plain where it is no key.
    let is_merge_key = text == "<<" && (spot == Spot::Key || style == Style::Kubernetes);
    if shape.line_breaks || is_merge_key || is_misread(text, style) {
        Form::DoubleQuoted
    } else if shape.plain {
        Form::Plain
    } else if shape.single_quoted {
        Form::SingleQuoted
    } else {
        Form::DoubleQuoted
    }
}

/// A byte that may not stand in a plain scalar wherever it is.
const STRANGE: u8 = 1;
/// A byte that stands in no number, date or time, of YAML 1.1 and 1.2.
const NOT_NUMERIC: u8 = 2;

const KINDS: [u8; 256] = {
    let mut table = [STRANGE | NOT_NUMERIC; 256];
    let mut byte = 0;
    while byte < 128 {
        let is_plain =
            matches!(byte as u8, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' | b'=' | b'+' | b'@' | b'$' | b',');
        let is_numeric = matches!(byte as u8, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'x' | b'X' | b'o' | b'O' | b't' | b'T' | b'Z' | b'z'
            | b'_' | b'-' | b'+' | b'.' | b',' | b':' | b' ');
        table[byte] = if is_plain { 0 } else { STRANGE } | if is_numeric { 0 } else { NOT_NUMERIC };
        byte += 1;
    }
    table
};

/// What some byte of a text is. Every byte is looked at, which is faster than to ask at each one whether it was the last.
fn kinds(text: &str) -> u8 {
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let kind = |byte: &u8| KINDS[usize::from(*byte)];
    let eights = eights.iter().fold(0, |all, bytes| bytes.iter().fold(all, |all, byte| all | kind(byte)));
    rest.iter().fold(eights, |all, byte| all | kind(byte))
}

/// The analysis of libyaml's emitter, for block context.
fn shape(text: &str, style: Style) -> Shape {
    let bytes = text.as_bytes();
    let mut indicators = bytes.starts_with(b"---") || bytes.starts_with(b"...");
    let (mut special, mut tabs, mut line_breaks, mut space_before_break) = (false, false, false, false);
    let is_blank_or_end = |at: usize| bytes.get(at).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'#' => indicators |= at == 0 || is_blank_or_end(at - 1),
            b':' => indicators |= is_blank_or_end(at + 1),
            b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' => {
                indicators |= at == 0;
            }
            b'?' | b'-' => indicators |= at == 0 && is_blank_or_end(1),
            b'\t' => tabs = true,
            b'\n' => {
                line_breaks = true;
                space_before_break |= at > 0 && matches!(bytes[at - 1], b' ' | b'\t');
            }
            0x20..=0x7e => {}
            0x00..=0x1f | 0x7f => special = true,
            0x80..=0xff => special |= special_at(text, at, style),
        }
    }
    let edge_space = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    Shape {
        plain: !(indicators || special || tabs || line_breaks || edge_space || bytes.is_empty()),
        single_quoted: !(special || tabs || line_breaks),
        block: !(special || space_before_break || matches!(bytes.last(), Some(b' ' | b'\t'))),
        line_breaks,
    }
}

/// True for the first byte of a character that has to be escaped.
fn special_at(text: &str, at: usize, style: Style) -> bool {
    text.is_char_boundary(at) && text[at..].chars().next().is_some_and(|character| !is_printable(character, style))
}

/// go-yaml escapes what lies beyond the basic plane, emoji among it. U+2028 and U+2029 are line breaks in YAML 1.1.
fn is_printable(character: char, style: Style) -> bool {
    match character {
        ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' => true,
        '\u{10000}'.. => style != Style::Compose,
        _ => false,
    }
}

/// True for text that some reader takes for something else when it stands plain.
fn is_misread(text: &str, style: Style) -> bool {
    let Some(first) = text.bytes().next() else { return true };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            !resolve::is_text(text) || is_base_60(text) || (style == Style::Kubernetes && is_number_or_date_of_yaml_1_1(text))
        }
        b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' | b't' | b'T' | b'f' | b'F' | b'~' => {
            text.len() <= 5 && (is_old_boolean(text) || !resolve::is_text(text))
        }
        b'=' => text == "=" && style == Style::Kubernetes,
        _ => false,
    }
}

/// The truth values of YAML 1.1 that are text in 1.2.
fn is_old_boolean(text: &str) -> bool {
    matches!(text, "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF")
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`, which YAML 1.1 reads as minutes and seconds.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let whole = parts.next().unwrap_or_default();
    if !whole.starts_with(|first: char| first.is_ascii_digit()) || !whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return false;
    }
    let mut count = 0;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        count += 1;
        let (digits, fraction) = match part.split_once('.') {
            Some(pair) if parts.peek().is_none() => pair,
            Some(_) => return false,
            None => (part, ""),
        };
        let is_sixtieth = matches!(digits.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        if !is_sixtieth || !fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
            return false;
        }
    }
    count > 0
}

/// Numbers with `_` in odd places, and all that begins as a date and a time do.
fn is_number_or_date_of_yaml_1_1(text: &str) -> bool {
    if text.contains('_') {
        let plain = text.replace('_', "");
        let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
        if matches!(unsigned, "" | "." | "0x" | "0b" | "0o") || !resolve::is_text(&plain) || is_base_60(&plain) {
            return true;
        }
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text;
    for (least, most, last) in [(4, 4, false), (1, 2, false), (1, 2, true)] {
        let count = digits(rest);
        if count < least || count > most {
            return false;
        }
        rest = &rest[count..];
        if !last {
            match rest.strip_prefix('-') {
                Some(after) => rest = after,
                None => return false,
            }
        }
    }
    rest.is_empty() || rest.starts_with(['T', 't', ' ', '\t'])
}

/// Adds a text in single quotes.
pub(super) fn push_single_quoted(out: &mut String, text: &str) {
    out.push('\'');
    for (at, part) in text.split('\'').enumerate() {
        out.push_str(if at > 0 { "''" } else { "" });
        out.push_str(part);
    }
    out.push('\'');
}

/// Adds a text in double quotes, on one line.
pub(super) fn push_double_quoted(out: &mut String, text: &str, style: Style) {
    out.push('"');
    for character in text.chars() {
        let short = match character {
            '"' => '"',
            '\\' => '\\',
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '\u{85}' => 'N',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            other if is_printable(other, style) => {
                out.push(other);
                continue;
            }
            other => {
                let code = u32::from(other);
                out.push_str(&match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    0x10000.. => format!("\\U{code:08X}"),
                });
                continue;
            }
        };
        out.push('\\');
        out.push(short);
    }
    out.push('"');
}

/// A text on one line that may stand in a block and in brackets, in the quotes of `before` where it can.
pub(crate) fn inline(text: &str, before: &str, style: Style) -> String {
    let mut out = String::new();
    let form = match form(text, style, Spot::Key) {
        Form::DoubleQuoted => Form::DoubleQuoted,
        _ if before.starts_with('"') => Form::DoubleQuoted,
        _ if before.starts_with('\'') => Form::SingleQuoted,
        Form::Plain if text.starts_with(['?', ':']) || text.contains([',', '[', ']', '{', '}']) => Form::SingleQuoted,
        form => form,
    };
    match form {
        Form::SingleQuoted => push_single_quoted(&mut out, text),
        Form::DoubleQuoted => push_double_quoted(&mut out, text, style),
        Form::Plain | Form::Literal { .. } => out.push_str(text),
    }
    out
}

/// Adds a tag; what a URI can't hold is escaped.
pub(super) fn push_tag(out: &mut String, tag: &str) {
    let (open, name, close) = match tag.strip_prefix("!<").and_then(|tag| tag.strip_suffix('>')) {
        Some(name) => ("!<", name, ">"),
        None => ("!", tag.strip_prefix('!').unwrap_or(tag), ""),
    };
    out.push_str(open);
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' | b'@' | b'?' | b'=' | b'+' | b'$' => {
                out.push(byte as char);
            }
            b',' | b'!' if close == ">" => out.push(byte as char),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out.push_str(close);
}

/// Adds the text of a comment, on one line.
pub(super) fn push_comment(out: &mut String, text: &str) {
    out.push('#');
    for character in text.chars() {
        if out.ends_with('#') && character != ' ' && character != '#' {
            out.push(' ');
        }
        match character {
            '\t' => out.push(' '),
            other if is_printable(other, Style::Kubernetes) => out.push(other),
            other => out.extend(other.escape_default()),
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
}

/// The text of a float that reads back as a float everywhere; as Go prints it in [`Style::Compose`].
pub(super) fn float(value: f64, style: Style) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    // Go's `%g` prints exponents from 6 on.
    let limit = if style == Style::Compose { 1e6 } else { 1e16 };
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..limit).contains(&magnitude) {
        let shortest = format!("{value:e}");
        let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let point = if style == Style::Kubernetes && !mantissa.contains('.') { ".0" } else { "" };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}{point}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{value}");
    if style == Style::Kubernetes && !plain.contains('.') { plain + ".0" } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form_expected: Form, texts: &[&str]) {
        for text in texts {
            assert_eq!(form(text, Style::Kubernetes, Spot::Value), form_expected, "{text:?}");
        }
    }

    #[test]
    fn text_is_plain_unless_some_reader_misreads_it() {
        check(
            Form::Plain,
            &[
                "a",
                "nginx:1.27",
                "a b",
                "é",
                "🐳",
                "10.0.0.1",
                "1.2.3",
                "80:80a",
                "8080:80",
                "a#b",
                "a:b",
                "-a",
                "?a",
                ":a",
                "/x",
                "2024-01-01-rc",
                "1a2b",
                "none",
                "yeah",
                "a[0]",
                "a, b",
                "0x",
                "a'b",
                "$x",
                "1 GiB",
                "==",
                "truely",
                ".",
                "..",
            ],
        );
        check(
            Form::DoubleQuoted,
            &[
                "",
                "yes",
                "No",
                "on",
                "OFF",
                "y",
                "N",
                "true",
                "FALSE",
                "null",
                "~",
                "1",
                "-1",
                "0644",
                "0o7",
                "0x1F",
                "0b1",
                "1_000",
                "1e3",
                "1.5",
                ".5",
                "+1",
                ".inf",
                "-.INF",
                ".nan",
                "1:20",
                "22:22",
                "1:30:00.5",
                "2001-12-14",
                "2001-12-14 21:59",
                "2001-1-1T1:2",
                "=",
                "<<",
                "0x_",
                "1__0",
                "a\tb",
                "\u{7f}",
                "a\r",
                "\u{feff}",
                "\u{2028}",
                "a\n ",
                "\n",
                "\na\tb \n",
                "\t\n",
            ],
        );
        check(
            Form::SingleQuoted,
            &[
                "a: b", "a:", "a #b", "#a", "- a", "-", "? a", "[a", "{a", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", " a", "a ", "'a",
                "\"a", "---", "...x",
            ],
        );
        check(Form::Literal { names_indent: false }, &["a\n", "a\nb", "a\n\n", "a\n  b\n\tc"]);
        check(Form::Literal { names_indent: true }, &[" a\nb", "\na"]);
        assert_eq!(form(" a\nb", Style::Kubernetes, Spot::Root), Form::DoubleQuoted);
        assert_eq!(form("a\nb", Style::Kubernetes, Spot::Key), Form::DoubleQuoted);
        assert_eq!(form("🐳", Style::Compose, Spot::Value), Form::DoubleQuoted);
    }

    #[test]
    fn floats_read_back() {
        for (value, kubernetes, compose) in [
            (1.0, "1.0", "1"),
            (0.5, "0.5", "0.5"),
            (-0.0, "-0.0", "-0"),
            (1e6, "1000000.0", "1e+06"),
            (1_234_567.5, "1234567.5", "1.2345675e+06"),
            (1e-5, "1.0e-05", "1e-05"),
            (1e-4, "0.0001", "0.0001"),
            (0.000_099_999, "9.9999e-05", "9.9999e-05"),
            (999_999.999_999_999_9, "999999.9999999999", "999999.9999999999"),
            (1e16, "1.0e+16", "1e+16"),
            (1.5e300, "1.5e+300", "1.5e+300"),
            (f64::NAN, ".nan", ".nan"),
            (f64::NEG_INFINITY, "-.inf", "-.inf"),
        ] {
            assert_eq!(float(value, Style::Kubernetes), kubernetes);
            assert_eq!(float(value, Style::Compose), compose);
        }
    }

    #[test]
    fn comments_stay_on_their_line() {
        let mut out = String::new();
        push_comment(&mut out, "from a\tb\u{0}\u{feff} ");
        assert_eq!(out, "# from a b\\u{0}\\u{feff}");
    }
}
