//! `NAME=value` in lists: `environment`, `labels`, `args`, `sysctls`, `annotations`, `additional_contexts`. compose-go, `types/mapping.go`.

use super::Placed;

/// The name before the first `=`, and the value after it; no value without `=`. Nothing is trimmed, and nothing is wrong.
pub fn parse(text: &str) -> (Placed<&str>, Option<Placed<&str>>) {
    match text.split_once('=') {
        Some((key, value)) => (Placed::new(key, 0..key.len()), Some(Placed::new(value, key.len() + 1..text.len()))),
        None => (Placed::new(text, 0..text.len()), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_equals_sign_separates() {
        let show = |text| {
            let (key, value) = parse(text);
            (key.value, value.map(|value| (value.value, value.range)))
        };
        assert_eq!(show("D=x=y"), ("D", Some(("x=y", 2..5))));
        assert_eq!(show("B="), ("B", Some(("", 2..2))));
        assert_eq!(show("A"), ("A", None));
        assert_eq!(show("=x"), ("", Some(("x", 1..2))));
        assert_eq!(show(" C = y"), (" C ", Some((" y", 4..6))));
    }
}
