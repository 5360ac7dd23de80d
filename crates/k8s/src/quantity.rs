//! Amounts: bytes, CPUs and durations as Kubernetes writes them, and its quantities as numbers to compare.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

const BINARY: [(&str, u32); 6] = [("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
const DECIMAL: [(&str, i32); 9] = [("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// Bytes with the largest binary suffix that loses nothing: `512Mi`, `1536Mi`, and `1000000` where none fits.
pub fn bytes(bytes: u64) -> Quantity {
    for (suffix, bits) in BINARY {
        if bytes > 0 && bytes.trailing_zeros() >= bits {
            return Quantity(format!("{}{suffix}", bytes >> bits));
        }
    }
    Quantity(bytes.to_string())
}

/// CPUs from thousandths: `500m`, `2`.
pub fn millicpus(thousandths: u64) -> Quantity {
    if thousandths.is_multiple_of(1000) { Quantity((thousandths / 1000).to_string()) } else { Quantity(format!("{thousandths}m")) }
}

/// CPUs from a decimal text (`0.5`, `2`, `1e-1`), rounded up to thousandths, the smallest share that Kubernetes gives. `None` when it
/// is no such number or negative.
pub fn cpus(text: &str) -> Option<Quantity> {
    if text.ends_with(|last: char| !last.is_ascii_digit() && last != '.') {
        return None;
    }
    let nano = Amount::parse(text)?.nano;
    let nano = u128::try_from(nano).ok()?;
    u64::try_from(nano.div_ceil(1_000_000)).ok().map(millicpus)
}

/// CPUs from a number, as [`cpus`].
pub fn cpus_from_f64(number: f64) -> Option<Quantity> {
    let thousandths = number * 1000.0;
    if thousandths.fract() == 0.0 && (0.0..1e9).contains(&thousandths) {
        return Some(millicpus(thousandths as u64));
    }
    // By way of the shortest decimal: 0.1 is a tenth here, and not 0.1000000000000000055.
    cpus(&number.to_string())
}

/// Whole seconds, rounded up, at most what fits the field.
pub fn seconds(duration: Duration) -> i32 {
    let up = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(up).unwrap_or(i32::MAX)
}

/// Whole seconds, rounded up, at least 1: periods and time-outs of probes.
pub fn seconds_at_least_one(duration: Duration) -> i32 {
    seconds(duration).max(1)
}

/// A quantity as a number. Compares and adds exactly, down to 10⁻⁹; finer values are rounded away from zero and larger ones than
/// 2⁶³−1 are capped, as `k8s.io/apimachinery/pkg/api/resource` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    nano: i128,
}

impl Amount {
    const CAP: u128 = (i64::MAX as u128) * 1_000_000_000;

    /// A whole number: bytes, CPUs.
    pub fn whole(number: i64) -> Self {
        Self { nano: i128::from(number) * 1_000_000_000 }
    }

    /// Reads `1`, `1.5`, `.5`, `500m`, `2Gi`, `1e3`, `1E-3`, `+1`, `-1`. `None` for what is no quantity.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(amount) = Self::parse_plain(text) {
            return Some(amount);
        }
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let (shift, exponent) = scale(suffix)?;

        // The first twenty digits are exact; whether anything follows is all that rounding up needs.
        let mut mantissa = 0u128;
        let mut exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let mut rest = false;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if mantissa < 10u128.pow(19) {
                mantissa = mantissa * 10 + u128::from(digit - b'0');
            } else {
                rest |= digit != b'0';
                exponent = exponent.checked_add(1)?;
            }
        }
        let product = mantissa << shift;
        let tens = exponent.checked_add(9)?;
        let power = 10u128.checked_pow(tens.unsigned_abs());
        let nano = match (tens >= 0, power) {
            _ if mantissa == 0 => 0,
            (true, Some(power)) => product.checked_mul(power).map_or(Self::CAP, |nano| nano + u128::from(rest)),
            (true, None) => Self::CAP,
            (false, Some(power)) => product.div_ceil(power) + u128::from(rest && product.is_multiple_of(power)),
            (false, None) => 1,
        };
        let nano = i128::try_from(nano.min(Self::CAP)).ok()?;
        Some(Self { nano: if negative { -nano } else { nano } })
    }

    /// Reads what nearly all are: a whole number of few digits with a usual suffix. `None` for the others.
    fn parse_plain(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let nanos: i128 = match &text.as_bytes()[digits..] {
            b"" => 1_000_000_000,
            b"m" => 1_000_000,
            b"k" => 1_000_000_000_000,
            b"M" => 1_000_000_000_000_000,
            b"G" => 1_000_000_000_000_000_000,
            b"Ki" => 1_000_000_000 << 10,
            b"Mi" => 1_000_000_000 << 20,
            b"Gi" => 1_000_000_000 << 30,
            _ => return None,
        };
        if !(1..10).contains(&digits) {
            return None;
        }
        let number = text.bytes().take(digits).fold(0, |number, digit| number * 10 + i128::from(digit - b'0'));
        Some(Self { nano: (number * nanos).min(Self::CAP as i128) })
    }

    /// The number of a quantity. `None` when it is none.
    pub fn of(quantity: &Quantity) -> Option<Self> {
        Self::parse(&quantity.0)
    }

    /// Whole units, rounded up: bytes.
    pub fn ceil(self) -> i64 {
        let up = self.nano.div_euclid(1_000_000_000) + i128::from(self.nano.rem_euclid(1_000_000_000) != 0);
        i64::try_from(up).unwrap_or(i64::MAX)
    }

    /// Thousandths, rounded up: CPUs.
    pub fn ceil_thousandths(self) -> i64 {
        let up = self.nano.div_euclid(1_000_000) + i128::from(self.nano.rem_euclid(1_000_000) != 0);
        i64::try_from(up).unwrap_or(i64::MAX)
    }

    /// The number, when it is whole.
    pub fn to_integer(self) -> Option<i64> {
        (self.nano % 1_000_000_000 == 0).then(|| i64::try_from(self.nano / 1_000_000_000).ok()).flatten()
    }

    /// The number, as near as a float comes.
    pub fn to_f64(self) -> f64 {
        self.nano as f64 / 1e9
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.nano < 0
    }
}

impl std::ops::Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_add(other.nano) }
    }
}

impl std::ops::Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_sub(other.nano) }
    }
}

impl std::ops::Mul<u32> for Amount {
    type Output = Self;

    fn mul(self, times: u32) -> Self {
        Self { nano: self.nano.saturating_mul(i128::from(times)) }
    }
}

/// The power of two and the power of ten of a suffix.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    if suffix.is_empty() {
        return Some((0, 0));
    }
    if let Some((_, bits)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((*bits, 0));
    }
    if let Some((_, tens)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((0, *tens));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((0, exponent.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_have_the_largest_suffix_that_loses_nothing() {
        let check = |number, expect: &str| assert_eq!(bytes(number).0, expect);
        check(0, "0");
        check(512 << 20, "512Mi");
        check(1536 << 20, "1536Mi");
        check(1 << 30, "1Gi");
        check(1_000_000, "1000000");
        check(1_048_577, "1048577");
        check(64 << 10, "64Ki");
        check(u64::MAX, "18446744073709551615");
    }

    #[test]
    fn cpus_are_whole_or_thousandths() {
        let check = |text: &str, expect: &str| assert_eq!(cpus(text).map(|cpus| cpus.0).unwrap_or_default(), expect, "{text}");
        check("0.5", "500m");
        check("2", "2");
        check("2.0", "2");
        check("1.5", "1500m");
        check("0.0001", "1m");
        check(".25", "250m");
        check("0", "0");
        check("-1", "");
        check("500m", "");
        check("two", "");
        assert_eq!(cpus_from_f64(0.1).map(|cpus| cpus.0).as_deref(), Some("100m"));
        assert_eq!(cpus_from_f64(0.29).map(|cpus| cpus.0).as_deref(), Some("290m"));
        assert_eq!(cpus_from_f64(f64::NAN), None);
        assert_eq!(cpus_from_f64(f64::INFINITY), None);
    }

    #[test]
    fn durations_are_rounded_up_to_seconds() {
        assert_eq!(seconds(Duration::from_millis(1500)), 2);
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds_at_least_one(Duration::from_nanos(1)), 1);
        assert_eq!(seconds_at_least_one(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::MAX), i32::MAX);
    }

    #[test]
    fn quantities_of_every_notation_compare() {
        let nano = |text: &str| Amount::parse(text).map(|amount| amount.nano);
        let same = |a: &str, b: &str| assert!(nano(a).is_some() && nano(a) == nano(b), "{a} = {b}: {:?} {:?}", nano(a), nano(b));
        same("1Ki", "1024");
        same("1k", "1e3");
        same("1E", "1E18");
        same("1Ei", "1152921504606846976");
        same("0.5", "500m");
        same("1.5Gi", "1536Mi");
        same("+1", "1.");
        same(".5", "0.50");
        same("100E-2", "1");
        same("1000000000n", "1");
        same("1000000u", "1");
        same("0.1n", "1n");
        same("-0.1n", "-1n");
        same("9223372036854775808", "9223372036854775807");
        same("1e99999", "9223372036854775807");
        same("0.00000000000000000001Ei", "11529216n");
        same("1.00000000000000000000000000000001", "1.000000001");
        same("0e99", "0");
        for text in ["", ".", "-", "1..2", "1.2.3", "1 Gi", "Gi", "1gi", "1K", "1e", "1e+", "1ee3", "0x10", "1_000", "1e99999999999", "é"]
        {
            assert_eq!(nano(text), None, "{text}");
        }
        assert_eq!(Amount::parse("1500m").map(Amount::ceil), Some(2));
        assert_eq!(Amount::parse("1.5m").map(Amount::ceil_thousandths), Some(2));
    }

    proptest! {
        #[test]
        fn bytes_lose_nothing(number in prop_oneof![any::<u32>().prop_map(u64::from), (0u64..4096, 0u32..50).prop_map(|(number, bits)| number << bits)]) {
            prop_assert_eq!(Amount::of(&bytes(number)).map(Amount::ceil), i64::try_from(number).ok());
        }

        #[test]
        fn a_plain_quantity_is_read_as_any_other(number in "[0-9]{1,12}", suffix in "m|k|M|G|Ki|Mi|Gi|") {
            // The sign keeps it from the short way.
            prop_assert_eq!(Amount::parse(&format!("{number}{suffix}")), Amount::parse(&format!("+{number}{suffix}")));
        }

        #[test]
        fn any_text_is_a_quantity_or_not(text in "[-+]?[0-9.]{0,40}([eE][-+]?[0-9]{0,12}|[a-zA-Z]{0,2})|\\PC{0,8}") {
            let _ = Amount::parse(&text);
        }
    }
}
