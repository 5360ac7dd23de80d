//! "Did you mean": the known word that is closest to an unknown one.

/// The closest of `known`, if it is close enough to be a slip of the pen.
pub fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // More than 64 characters are no slip, and the distance costs their product.
    if word.is_empty() || word.len() > 64 {
        return None;
    }
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|known| known.len().abs_diff(word.len()) <= 2 * allowed)
        .take(1000)
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slips_are_corrected() {
        let known = ["environment", "env_file", "image"];
        assert_eq!(closest("enviroment", known), Some("environment"));
        assert_eq!(closest("imgae", known), Some("image"));
        assert_eq!(closest("volume", known), None);
        assert_eq!(closest("", known), None);
    }
}
