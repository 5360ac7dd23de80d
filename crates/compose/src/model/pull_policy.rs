//! `pull_policy`: when an image is pulled.

use crate::model::record::words;
use crate::model::rule::{Rule, TEXT};

words! {
    /// When an image is pulled. `every_…` and what Compose lets pass without knowing it stay text.
    pub enum PullPolicy {
        /// Every time.
        Always = "always",
        /// Never.
        Never = "never",
        /// When it is not there.
        Missing = "missing",
        /// The old word for `missing`, which loading replaces.
        IfNotPresent = "if_not_present",
        /// Built, not pulled.
        Build = "build",
        /// When there is a newer one.
        Refresh = "refresh",
        /// Once a day.
        Daily = "daily",
        /// Once a week.
        Weekly = "weekly",
    } else Other
}

/// A text that has one of the words in it, which is all that Compose asks for.
pub(crate) const PULL_POLICY: Rule = TEXT.text_like(
    is_pull_policy,
    "`always`, `never`, `missing`, `build`, `refresh`, `daily`, `weekly` or `every_` and a duration (`every_12h`)",
);

fn is_pull_policy(text: &str) -> bool {
    const WORDS: [&str; 8] = ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
    WORDS.iter().any(|word| text.contains(word)) || text.match_indices("every_").any(|(at, word)| starts_with_age(&text[at + word.len()..]))
}

/// True for a number with a unit: `12h…`.
fn starts_with_age(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && matches!(text.as_bytes().get(digits), Some(b'w' | b'd' | b'h' | b'm' | b's'))
}

impl PullPolicy {
    /// The age after which `every_AGE` pulls again, as it is written.
    pub fn every(&self) -> Option<&str> {
        self.as_str().strip_prefix("every_")
    }
}

#[cfg(test)]
mod tests {
    use smol_str::SmolStr;

    use super::*;

    #[test]
    fn any_text_with_a_known_word_passes() {
        assert_eq!(
            ["always", "not_always", "every_12h", "every_1w2d", "every_h", "sometimes"].map(is_pull_policy),
            [true, true, true, true, false, false]
        );
        assert_eq!(PullPolicy::from(SmolStr::from("every_12h")).every(), Some("12h"));
    }
}
