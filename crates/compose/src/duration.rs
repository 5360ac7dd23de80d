//! Durations as compose files write them: `1m30s`, `500ms`, `1d`. Text in, nanoseconds out, and back in Go's form.
//!
//! Read as docker compose reads them (xhit/go-str2duration v2): Go's `time.ParseDuration` with days and weeks.

use std::fmt;
use std::time;

/// A length of time in nanoseconds; may be negative, which docker compose accepts too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    nanoseconds: i64,
}

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// No number where one has to be, or nothing at all.
    Number,
    /// A number without a unit.
    NoUnit,
    /// A unit that does not exist.
    Unit(String),
    /// More than 2^63 nanoseconds (292 years).
    TooLong,
}

impl fmt::Display for DurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => formatter.write_str("a duration is a number with a unit, such as `30s` or `1m30s`"),
            Self::NoUnit => formatter.write_str("the number has no unit: write `s` for seconds"),
            Self::Unit(unit) => write!(formatter, "unknown unit `{unit}`: expected one of `ns us ms s m h d w`"),
            Self::TooLong => formatter.write_str("the duration is longer than 292 years"),
        }
    }
}

impl std::error::Error for DurationError {}

const SECOND: i64 = 1_000_000_000;

impl Duration {
    /// No time.
    pub const ZERO: Self = Self { nanoseconds: 0 };

    /// A duration of nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self { nanoseconds }
    }

    /// A duration of seconds; as long as can be above 292 years.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self { nanoseconds: seconds.saturating_mul(SECOND) }
    }

    /// Nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// Seconds, with their fraction.
    pub fn seconds(self) -> f64 {
        self.nanoseconds as f64 / SECOND as f64
    }

    /// Whole seconds, rounded up: what a field that takes seconds needs so as not to become zero.
    pub const fn seconds_ceil(self) -> i64 {
        let whole = self.nanoseconds / SECOND;
        if self.nanoseconds % SECOND > 0 { whole + 1 } else { whole }
    }

    /// The standard library's form; `None` for a negative duration.
    pub fn to_std(self) -> Option<time::Duration> {
        u64::try_from(self.nanoseconds).ok().map(time::Duration::from_nanos)
    }

    /// Reads a duration: an optional sign, then numbers with optional fractions, each with its unit.
    ///
    /// # Errors
    /// See [`DurationError`].
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self::ZERO);
        }
        if rest.is_empty() {
            return Err(DurationError::Number);
        }
        let mut total = 0_i64;
        while !rest.is_empty() {
            let (whole, after) = digits(rest);
            let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
            if whole.is_empty() && fraction.is_empty() {
                return Err(DurationError::Number);
            }
            let length = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
            let (name, after) = after.split_at(length);
            if name.is_empty() {
                return Err(DurationError::NoUnit);
            }
            let unit = unit(name).ok_or_else(|| DurationError::Unit(name.to_owned()))?;
            let whole = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| DurationError::TooLong)? };
            total = unit
                .checked_mul(whole)
                .and_then(|sum| sum.checked_add(part(fraction, unit)))
                .and_then(|sum| sum.checked_add(total))
                .ok_or(DurationError::TooLong)?;
            rest = after;
        }
        Ok(Self { nanoseconds: if negative { -total } else { total } })
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Nanoseconds of a unit.
fn unit(name: &str) -> Option<i64> {
    Some(match name {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => 24 * 3_600 * SECOND,
        "w" => 7 * 24 * 3_600 * SECOND,
        _ => return None,
    })
}

/// Nanoseconds of a fraction of a unit, rounded down, with the 18 digits that Go looks at and its arithmetic.
fn part(fraction: &str, unit: i64) -> i64 {
    let mut value = 0_i64;
    let mut scale = 1_f64;
    for digit in fraction.bytes() {
        let Some(next) = value.checked_mul(10).and_then(|value| value.checked_add(i64::from(digit - b'0'))) else { break };
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as i64
}

/// Go's form: `1h0m0s`, `1m30s`, `1.5s`, `500ms`, `10µs`, `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanoseconds < 0 { "-" } else { "" };
        let all = self.nanoseconds.unsigned_abs();
        let (whole, fraction, width, name) = match all {
            0 => return formatter.write_str("0s"),
            1..1_000 => return write!(formatter, "{sign}{all}ns"),
            1_000..1_000_000 => (all / 1_000, all % 1_000, 3, "\u{b5}s"),
            1_000_000..1_000_000_000 => (all / 1_000_000, all % 1_000_000, 6, "ms"),
            _ => {
                let seconds = all / SECOND.unsigned_abs();
                let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
                formatter.write_str(sign)?;
                if hours > 0 {
                    write!(formatter, "{hours}h")?;
                }
                if seconds >= 60 {
                    write!(formatter, "{minutes}m")?;
                }
                return write_fraction(formatter, seconds % 60, all % SECOND.unsigned_abs(), 9, "s");
            }
        };
        formatter.write_str(sign)?;
        write_fraction(formatter, whole, fraction, width, name)
    }
}

fn write_fraction(formatter: &mut fmt::Formatter<'_>, whole: u64, fraction: u64, width: usize, name: &str) -> fmt::Result {
    if fraction == 0 {
        return write!(formatter, "{whole}{name}");
    }
    let digits = format!("{fraction:0width$}");
    write!(formatter, "{whole}.{}{name}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(text: &str) -> String {
        Duration::parse(text).map_or_else(|error| format!("! {error:?}"), |duration| duration.to_string())
    }

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let cases = [
            ("1m30s", "1m30s"),
            ("90s", "1m30s"),
            ("90000ms", "1m30s"),
            ("1h", "1h0m0s"),
            ("100h", "100h0m0s"),
            ("1d", "24h0m0s"),
            ("1w", "168h0m0s"),
            ("1d12h", "36h0m0s"),
            ("1.5d", "36h0m0s"),
            ("500ms", "500ms"),
            ("1.5s", "1.5s"),
            (".5s", "500ms"),
            ("1.s", "1s"),
            ("1h5m30s20ms", "1h5m30.02s"),
            ("5ns", "5ns"),
            ("10us", "10\u{b5}s"),
            ("1\u{b5}s", "1\u{b5}s"),
            ("1\u{3bc}s", "1\u{b5}s"),
            ("1.5us", "1.5\u{b5}s"),
            ("-5s", "-5s"),
            ("-1h5m", "-1h5m0s"),
            ("+5s", "5s"),
            ("0", "0s"),
            ("-0", "0s"),
            ("0s", "0s"),
            ("0.1ns", "0s"),
            ("1m1m", "2m0s"),
            ("1.123456789123s", "1.123456789s"),
            ("0.9999999999s", "999.999999ms"),
            ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
            ("9223372036854775807ns", "2562047h47m16.854775807s"),
            ("9223372036854775808ns", "! TooLong"),
            ("-9223372036854775808ns", "! TooLong"),
            ("99999999999999999999s", "! TooLong"),
            ("15251w", "! TooLong"),
            ("", "! Number"),
            ("+", "! Number"),
            ("soon", "! Number"),
            (".s", "! Number"),
            ("30", "! NoUnit"),
            ("1.", "! NoUnit"),
            (".5.5s", "! NoUnit"),
            ("1 s", "! Unit(\" s\")"),
            ("1S", "! Unit(\"S\")"),
            ("1mo", "! Unit(\"mo\")"),
            ("1h-5m", "! Unit(\"h-\")"),
            ("1h 5m", "! Unit(\"h \")"),
            ("0x1s", "! Unit(\"x\")"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        let seconds = |text: &str| Duration::parse(text).unwrap().seconds_ceil();
        assert_eq!([seconds("1ms"), seconds("1s"), seconds("1.2s"), seconds("0s"), seconds("-1.5s")], [1, 1, 2, 0, -1]);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanoseconds in any::<i64>()) {
            // The most negative number has no positive counterpart, and reading works on positive numbers.
            prop_assume!(nanoseconds != i64::MIN);
            let duration = Duration::from_nanoseconds(nanoseconds);
            let back = Duration::parse(&duration.to_string()).unwrap();
            prop_assert!((back.nanoseconds() - nanoseconds).abs() <= 1, "{} {}", duration, back);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = Duration::parse(&text);
        }
    }
}
