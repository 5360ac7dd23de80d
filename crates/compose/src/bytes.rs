//! Sizes as compose files write them: `512m`, `1.5gb`, `64KiB`. Text in, bytes out.
//!
//! Read as docker compose reads them (docker/go-units, `RAMInBytes`): every unit is a power of 1024, with or without `b` or `ib`.
//! A size that YAML reads as a number never comes here. Sizes are printed as plain numbers of bytes.

use std::fmt;

use crate::number;

/// A text that is not a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BytesError {
    /// No number where one has to be.
    Number,
    /// A unit that does not exist.
    Unit(String),
    /// Below zero.
    Negative,
    /// 2^63 bytes or more. Docker compose takes it and turns it into a negative number.
    TooLarge,
}

impl fmt::Display for BytesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => formatter.write_str("a size is a number with a unit, such as `512m` or `1.5g`"),
            Self::Unit(unit) => write!(formatter, "unknown unit `{unit}`: expected one of `b k m g t p`, with or without `b` or `ib`"),
            Self::Negative => formatter.write_str("a size can't be negative"),
            Self::TooLarge => formatter.write_str("the size is larger than 8 EiB"),
        }
    }
}

impl std::error::Error for BytesError {}

/// Reads a size: a number, at most one space, and a unit in any case. Parts of a byte are cut off.
///
/// # Errors
/// See [`BytesError`].
pub fn parse(text: &str) -> Result<i64, BytesError> {
    let last = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or(BytesError::Number)?;
    let unit = &text[last + 1..];
    let number = if text[last..].starts_with(' ') { &text[..last] } else { &text[..=last] };
    let number = number::parse(number).map_err(|error| match error {
        number::NumberError::Syntax => BytesError::Number,
        number::NumberError::Range => BytesError::TooLarge,
    })?;
    if number < 0.0 {
        return Err(BytesError::Negative);
    }
    let factor = factor(unit).ok_or_else(|| BytesError::Unit(unit.to_owned()))?;
    let bytes = number * factor;
    // 2^63 is the first float above every i64; a NaN is not below it.
    if bytes < 9_223_372_036_854_775_808.0 { Ok(bytes as i64) } else { Err(BytesError::TooLarge) }
}

fn factor(unit: &str) -> Option<f64> {
    let lower = unit.to_ascii_lowercase();
    let letter = match lower.as_str() {
        "" | "b" => return Some(1.0),
        unit => unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit),
    };
    let power = ["k", "m", "g", "t", "p"].iter().position(|known| *known == letter)?;
    Some(1024_f64.powi(power as i32 + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let cases: [(&str, Result<i64, BytesError>); 37] = [
            ("1024", Ok(1024)),
            ("1024b", Ok(1024)),
            ("64k", Ok(65_536)),
            ("64K", Ok(65_536)),
            ("64kb", Ok(65_536)),
            ("64KiB", Ok(65_536)),
            ("512m", Ok(536_870_912)),
            ("512MB", Ok(536_870_912)),
            ("1gIB", Ok(1 << 30)),
            ("1t", Ok(1 << 40)),
            ("1p", Ok(1 << 50)),
            ("1 g", Ok(1 << 30)),
            ("1.5g", Ok(1_610_612_736)),
            (".5g", Ok(1 << 29)),
            ("5.", Ok(5)),
            ("12345.678k", Ok(12_641_974)),
            ("1e3k", Ok(1_024_000)),
            ("+1g", Ok(1 << 30)),
            ("1_000m", Ok(1_048_576_000)),
            ("0x1p1", Ok(2)),
            ("0.0001", Ok(0)),
            ("-0", Ok(0)),
            ("9e18", Ok(9_000_000_000_000_000_000)),
            ("1e30", Err(BytesError::TooLarge)),
            ("9223372036854775807", Err(BytesError::TooLarge)),
            ("-1", Err(BytesError::Negative)),
            ("", Err(BytesError::Number)),
            ("lots", Err(BytesError::Number)),
            ("inf", Err(BytesError::Number)),
            (" 1", Err(BytesError::Number)),
            ("1  g", Err(BytesError::Number)),
            ("1k ", Err(BytesError::Number)),
            ("1..5", Err(BytesError::Number)),
            ("1,5", Err(BytesError::Number)),
            ("512Mi", Err(BytesError::Unit("Mi".into()))),
            ("1ib", Err(BytesError::Unit("ib".into()))),
            ("1kk", Err(BytesError::Unit("kk".into()))),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(bytes in 0..1_i64 << 53) {
            prop_assert_eq!(parse(&bytes.to_string()), Ok(bytes));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9 .kKmibéx_]*") {
            let _ = parse(&text);
        }
    }
}
