//! Numbers of bytes with a unit, which every program writes in its own way.

/// The bytes of `text`: digits and a unit. `units` holds each unit in lower case with the bytes that it stands for; an empty one
/// is for digits alone. `None` for anything else, and for more than `u64` holds.
pub(crate) fn bytes(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim_start();
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.checked_mul(*factor)
}
