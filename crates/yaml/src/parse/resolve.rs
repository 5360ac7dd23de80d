//! Scalar text in, value out: what go-yaml v3 decodes into `any` (its `resolve.go`), which is YAML 1.2's core schema
//! with the numbers of YAML 1.1.

use smol_str::SmolStr;

use crate::node::{Number, Value};

/// The types of YAML's own tags (`tag:yaml.org,2002:`) that decide how a scalar is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CoreTag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Timestamp,
    Binary,
}

impl CoreTag {
    pub(super) fn from_suffix(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "str" => Self::Str,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "null" => Self::Null,
            "timestamp" => Self::Timestamp,
            "binary" => Self::Binary,
            _ => return None,
        })
    }
}

/// The value of a plain scalar without tag.
pub fn plain(text: &str) -> Value {
    scalar(text, true).unwrap_or_else(|| Value::String(SmolStr::new(text)))
}

/// True for a plain scalar that is text.
pub(crate) fn is_text(text: &str) -> bool {
    scalar(text, true).is_none()
}

/// The value of a scalar under one of YAML's own tags; `None` if the text is no such value.
pub(super) fn tagged(text: &str, tag: CoreTag) -> Option<Value> {
    if tag == CoreTag::Str {
        return Some(Value::String(SmolStr::new(text)));
    }
    if tag == CoreTag::Binary {
        return binary(text).map(|text| Value::String(SmolStr::from(text)));
    }
    let value = scalar(text, tag == CoreTag::Timestamp)?;
    match (tag, value) {
        (CoreTag::Float, Value::Number(Number::Int(value))) => Some(Value::Number(Number::Float(value as f64))),
        (CoreTag::Int, value @ Value::Number(Number::Int(_) | Number::UInt(_)))
        | (CoreTag::Float, value @ Value::Number(Number::Float(_)))
        | (CoreTag::Bool, value @ Value::Bool(_))
        | (CoreTag::Null, value @ Value::Null)
        | (CoreTag::Timestamp, value @ Value::Timestamp(_)) => Some(value),
        _ => None,
    }
}

/// Anything but text; `None` for text. Most scalars are text, and their first byte says so.
fn scalar(text: &str, timestamps: bool) -> Option<Value> {
    let Some(first) = text.bytes().next() else { return Some(Value::Null) };
    match first {
        b'~' | b'n' | b'N' => matches!(text, "~" | "null" | "Null" | "NULL").then_some(Value::Null),
        b't' | b'T' => matches!(text, "true" | "True" | "TRUE").then_some(Value::Bool(true)),
        b'f' | b'F' => matches!(text, "false" | "False" | "FALSE").then_some(Value::Bool(false)),
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Some(f64::NAN.into()),
            ".inf" | ".Inf" | ".INF" => Some(f64::INFINITY.into()),
            _ => float(text).map(Value::from),
        },
        b'0'..=b'9' | b'+' | b'-' => match text {
            "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY.into()),
            "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY.into()),
            _ if timestamps && is_timestamp(text) => Some(Value::Timestamp(SmolStr::new(text))),
            _ => number(text).map(Value::Number),
        },
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    // Long texts that begin with a digit (image names, paths) must not be copied, so `_` alone decides.
    let without;
    let text = if text.contains('_') {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-')) {
            return None;
        }
        without = text.replace('_', "");
        without.as_str()
    } else {
        text
    };
    integer(text).or_else(|| float(text).map(Number::Float)).or_else(|| prefixed_integer(text))
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`.
fn integer(text: &str) -> Option<Number> {
    let (negative, signed, digits) = match text.as_bytes() {
        [b'-', ..] => (true, true, &text[1..]),
        [b'+', ..] => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` would take a second sign.
    if !digits.bytes().all(|byte| (byte as char).is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(magnitude)) {
        (false, Ok(value)) => Some(Number::Int(value)),
        (true, Ok(value)) => Some(Number::Int(-value)),
        (true, Err(_)) if magnitude == i64::MIN.unsigned_abs() => Some(Number::Int(i64::MIN)),
        (false, Err(_)) if !signed => Some(Number::UInt(magnitude)),
        _ => None,
    }
}

/// go-yaml strips `0b` and `0o` itself when Go refused the whole, and so takes a sign behind them: `0o-7` is -7.
fn prefixed_integer(text: &str) -> Option<Number> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'b', b'-' | b'+', ..] => (2, &text[2..]),
        [b'0', b'o', b'-' | b'+', ..] => (8, &text[2..]),
        _ => return None,
    };
    i64::from_str_radix(digits, radix).ok().map(Number::Int)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within the range of a float.
fn float(text: &str) -> Option<f64> {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let bytes = text.as_bytes();
    let mut rest = bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes);
    let whole = digits(rest);
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix(b".") {
        let fraction = digits(after);
        if whole + fraction == 0 {
            return None;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return None;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
        if exponent.is_empty() || digits(exponent) != exponent.len() {
            return None;
        }
    } else if !rest.is_empty() {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// go-yaml's four layouts: `2006-1-2`, and with a time after `T`, `t` (with a zone) or one space (without).
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let year = text[..4].parse().unwrap_or(0);
    let mut rest = &bytes[5..];
    let (Some(month), true) = (one_or_two_digits(&mut rest), skip(&mut rest, b"-")) else { return false };
    let Some(day) = one_or_two_digits(&mut rest) else { return false };
    if !(1..=12).contains(&month) || !(1..=days_of(month, year)).contains(&day) {
        return false;
    }
    let zoned = match rest {
        [] => return true,
        [b'T' | b't', ..] => true,
        [b' ', ..] => false,
        _ => return false,
    };
    // Go's layouts take any number of spaces for one.
    let separators = if zoned { 1 } else { rest.iter().take_while(|byte| **byte == b' ').count() };
    rest = &rest[separators..];
    for (limit, colon) in [(24, true), (60, true), (60, false)] {
        if one_or_two_digits(&mut rest).is_none_or(|value| value >= limit) || (colon && !skip(&mut rest, b":")) {
            return false;
        }
    }
    if let [b'.' | b',', digit, ..] = rest
        && digit.is_ascii_digit()
    {
        rest = &rest[1..];
        rest = &rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..];
    }
    match rest {
        [] => !zoned,
        [b'Z'] => zoned,
        [b'+' | b'-', h1, h2, b':', m1, m2] if zoned => {
            let pair = |tens: &u8, ones: &u8| (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'));
            pair(h1, h2).is_some_and(|hours| hours <= 24) && pair(m1, m2).is_some_and(|minutes| minutes < 60)
        }
        _ => false,
    }
}

fn skip(rest: &mut &[u8], prefix: &[u8]) -> bool {
    rest.strip_prefix(prefix).map(|after| *rest = after).is_some()
}

fn one_or_two_digits(rest: &mut &[u8]) -> Option<u32> {
    let count = rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(count);
    *rest = after;
    (count > 0).then(|| digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

fn days_of(month: u32, year: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The text of base 64 (RFC 4648, section 4; line breaks are skipped); `None` if it is not that, or not UTF-8.
fn binary(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0_u32, 0, 0);
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if count % 4 >= 2 => {
                padding += 1;
                count += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        count += 1;
        match count % 4 {
            2 => bytes.push((bits >> 4) as u8),
            3 => bytes.push((bits >> 2) as u8),
            0 => bytes.push(bits as u8),
            _ => {}
        }
    }
    if count % 4 != 0 || padding > 2 {
        return None;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expect: &Value, texts: &[&str]) {
        for text in texts {
            let value = plain(text);
            let same = match (&value, expect) {
                (Value::Number(Number::Float(a)), Value::Number(Number::Float(b))) if a.is_nan() => b.is_nan(),
                (a, b) => a == b,
            };
            assert!(same, "{text:?} is {value:?}, not {expect:?}");
        }
    }

    fn text(texts: &[&str]) {
        for one in texts {
            check(&Value::from(*one), &[one]);
        }
    }

    #[test]
    fn only_these_words_are_null_or_truth_values() {
        check(&Value::Null, &["", "~", "null", "Null", "NULL"]);
        check(&Value::Bool(true), &["true", "True", "TRUE"]);
        check(&Value::Bool(false), &["false", "False", "FALSE"]);
        text(&["yes", "no", "on", "off", "y", "n", "Yes", "NO", "tRue", "nULL", "none", "nil", "<<", "="]);
    }

    #[test]
    fn whole_numbers_are_gos() {
        check(&420.into(), &["0644", "0o644", "0O644", "420", "+420", "0x1a4", "0X1A4", "0b110100100", "4_2_0", "420_"]);
        check(&Value::from(-7), &["-7", "-0x7", "-0o7", "-07", "0o-7", "0b-111"]);
        check(&0.into(), &["0", "-0", "+0", "00", "0x0"]);
        check(&i64::MAX.into(), &["9223372036854775807"]);
        check(&i64::MIN.into(), &["-9223372036854775808"]);
        check(&Value::Number(Number::UInt(9_223_372_036_854_775_808)), &["9223372036854775808", "0x8000000000000000"]);
        check(&Value::Number(Number::UInt(u64::MAX)), &["18446744073709551615"]);
        text(&["0x", "0o", "0b2", "0o8", "1-2", "--1", "+-1", "1 2", "22:22", "1:20", "_1", "1,000", "0xg", "٣"]);
    }

    #[test]
    fn floats_are_gos() {
        check(&1000.0.into(), &["1e3", "1E+3", "1000.0", "1_000.0", "1000.", "1000.e0", "+1e3"]);
        check(&0.5.into(), &[".5", "0.5", "+.5", "5e-1", ".5e0"]);
        check(&8.0.into(), &["08", "8.0"]);
        check(&f64::INFINITY.into(), &[".inf", ".Inf", ".INF", "+.inf"]);
        check(&f64::NEG_INFINITY.into(), &["-.inf", "-.INF"]);
        check(&f64::NAN.into(), &[".nan", ".NaN", ".NAN"]);
        check(&18_446_744_073_709_551_616.0.into(), &["18446744073709551616", "+18446744073709551616"]);
        check(&(-9_223_372_036_854_775_809.0).into(), &["-9223372036854775809"]);
        text(&[".", "+", "-", "1e", "1e+", "e5", ".e5", "1.2.3", "1e999", "inf", "nan", "NaN", "+.nan", "1.5x", "._5"]);
    }

    #[test]
    fn dates_are_gos() {
        for one in [
            "2001-12-14",
            "2001-1-2",
            "2000-02-29",
            "2001-12-14T21:59:43Z",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14 21:59:43",
            "2001-12-14 21:59:43.1",
            "2001-12-14  1:2:3",
            "2001-12-14T21:59:43,5Z",
        ] {
            check(&Value::Timestamp(one.into()), &[one]);
        }
        text(&[
            "2001-12-14 21:59",
            "2001-13-01",
            "2001-02-29",
            "2001-12-32",
            "01-12-14",
            "20011-1-1",
            "2001-12-14T21:59:43",
            "2001-12-14 21:59:43Z",
            "2001-12-14 24:00:00",
            "2001-12",
            "2001-12-",
            "2001-12-14T",
            "2001-12-14T21:59:43+5",
            "2001-12-14x",
        ]);
    }

    #[test]
    fn tags_decide() {
        assert_eq!(tagged("5", CoreTag::Str), Some("5".into()));
        assert_eq!(tagged("5", CoreTag::Float), Some(5.0.into()));
        assert_eq!(tagged("5.5", CoreTag::Int), None);
        assert_eq!(tagged("yes", CoreTag::Bool), None);
        assert_eq!(tagged("", CoreTag::Null), Some(Value::Null));
        assert_eq!(tagged("2001-12-14", CoreTag::Timestamp), Some(Value::Timestamp("2001-12-14".into())));
        assert_eq!(tagged("aGk=", CoreTag::Binary), Some("hi".into()));
        assert_eq!(tagged("aG\nkh", CoreTag::Binary), Some("hi!".into()));
        for wrong in ["aGk", "a", "aG=k", "a===", "====", "aGk=aGk=", "/w==", "a b="] {
            assert_eq!(tagged(wrong, CoreTag::Binary), None, "{wrong}");
        }
    }
}
