//! `tmpfs`: `path[:option,key=value]`, as the engine reads it (`docker run --tmpfs`).

use super::{Placed, key_value, split_placed};

/// A file system in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmpfsSpec<'t> {
    /// Where it is mounted.
    pub path: Placed<&'t str>,
    /// Its options with their values: `size` → `64m`, `noexec` → nothing.
    pub options: Vec<(Placed<&'t str>, Option<Placed<&'t str>>)>,
}

/// Reads a tmpfs mount; nothing is wrong to docker compose.
pub fn parse(text: &str) -> TmpfsSpec<'_> {
    let Some((path, options)) = text.split_once(':') else {
        return TmpfsSpec { path: Placed::new(text, 0..text.len()), options: Vec::new() };
    };
    let base = path.len() + 1;
    let shift = |placed: Placed<&'_ str>, by: usize| placed.range.start + by..placed.range.end + by;
    let options = split_placed(options, ',').filter(|option| !option.value.is_empty()).map(|option| {
        let start = base + option.range.start;
        let (key, value) = key_value::parse(option.value);
        let value = value.map(|value| Placed::new(value.value, shift(value, start)));
        (Placed::new(key.value, shift(key, start)), value)
    });
    TmpfsSpec { path: Placed::new(path, 0..path.len()), options: options.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_know_their_places() {
        let text = "/run:size=64m,noexec,,mode=1777";
        let spec = parse(text);
        let options: Vec<_> =
            spec.options.into_iter().map(|(key, value)| (&text[key.range], value.map_or("", |value| &text[value.range]))).collect();
        assert_eq!((spec.path.value, options), ("/run", vec![("size", "64m"), ("noexec", ""), ("mode", "1777")]));
        assert_eq!(parse("/run").options, []);
    }
}
