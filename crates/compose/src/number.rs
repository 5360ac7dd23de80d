//! Decimal numbers in text (`cpus: '1.5'`, the number before a size's unit), read as Go's `strconv.ParseFloat` reads them.

use std::fmt;

/// A text that is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not written as a number.
    Syntax,
    /// A number that a 64-bit float can't hold.
    Range,
}

impl fmt::Display for NumberError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Syntax => "not a number",
            Self::Range => "the number is too large",
        })
    }
}

impl std::error::Error for NumberError {}

/// Reads a number: decimal with exponent, hexadecimal with binary exponent (`0x1p-2`), `_` between digits, `inf` and `nan`.
///
/// # Errors
/// Text in another form, and a number beyond the largest float.
pub fn parse(text: &str) -> Result<f64, NumberError> {
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if !underscores_separate_digits(digits) {
        return Err(NumberError::Syntax);
    }
    let plain = digits.replace('_', "");
    let value = match plain.get(..2) {
        Some("0x" | "0X") => hexadecimal(&plain[2..]).ok_or(NumberError::Syntax)?,
        _ if plain.starts_with(['-', '+']) => return Err(NumberError::Syntax),
        _ => {
            let value: f64 = plain.parse().map_err(|_| NumberError::Syntax)?;
            if value.is_infinite() && plain.starts_with(|first: char| first == '.' || first.is_ascii_digit()) {
                return Err(NumberError::Range);
            }
            return Ok(sign * value);
        }
    };
    if value.is_finite() { Ok(sign * value) } else { Err(NumberError::Range) }
}

/// An underscore has to stand between two digits, or between `0x` and one.
fn underscores_separate_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_hexdigit);
    let prefixed = text.starts_with("0x_") || text.starts_with("0X_");
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let before = at > 0 && digit(bytes.get(at - 1)) || prefixed && at == 2;
        before && digit(bytes.get(at + 1))
    })
}

/// `1.8p3` without its `0x`.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse::<i64>().ok()?.clamp(-100_000, 100_000) as i32;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let fraction_bits = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(value * 2_f64.powi(exponent.checked_sub(fraction_bits)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let cases = [
            ("1.5", Ok(1.5)),
            ("1.50", Ok(1.5)),
            (".5", Ok(0.5)),
            ("5.", Ok(5.0)),
            ("+2", Ok(2.0)),
            ("-1", Ok(-1.0)),
            ("1e2", Ok(100.0)),
            ("1_0.5", Ok(10.5)),
            ("0x1p1", Ok(2.0)),
            ("0x_1p-2", Ok(0.25)),
            ("0x1.8p0", Ok(1.5)),
            ("1e-999", Ok(0.0)),
            ("Inf", Ok(f64::INFINITY)),
            ("-infinity", Ok(f64::NEG_INFINITY)),
            ("1e999", Err(NumberError::Range)),
            ("", Err(NumberError::Syntax)),
            ("+", Err(NumberError::Syntax)),
            ("--1", Err(NumberError::Syntax)),
            (".", Err(NumberError::Syntax)),
            (" 1", Err(NumberError::Syntax)),
            ("1_", Err(NumberError::Syntax)),
            ("_1", Err(NumberError::Syntax)),
            ("1__0", Err(NumberError::Syntax)),
            ("0b1", Err(NumberError::Syntax)),
            ("0x1", Err(NumberError::Syntax)),
            ("500m", Err(NumberError::Syntax)),
            ("half", Err(NumberError::Syntax)),
            ("1,5", Err(NumberError::Syntax)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert!(parse("nan").unwrap().is_nan());
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(value in any::<f64>()) {
            prop_assume!(!value.is_nan());
            prop_assert_eq!(parse(&value.to_string()), Ok(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9a-fA-FxXpP_.é]*") {
            let _ = parse(&text);
        }
    }
}
