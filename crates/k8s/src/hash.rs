//! Short hashes for names: SHA-256, in the letters that Kubernetes uses for the names of pods.

use sha2::{Digest, Sha256};
use smol_str::SmolStr;

/// No vowels, no digits that look like letters (`k8s.io/apimachinery/pkg/util/rand`): a hash can't spell a word.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Letters in the name of a ConfigMap, Secret or Job: 47 bits.
const CONTENT_HASH: usize = 10;

/// The hash of some content, part by part, for the end of an object's name: a change of content changes the name, and so
/// rolls the pods.
#[derive(Clone, Debug, Default)]
pub struct ContentHash {
    digest: Sha256,
}

impl ContentHash {
    /// The hash of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part. `ab`, `c` and `a`, `bc` differ.
    pub fn part(&mut self, content: impl AsRef<[u8]>) {
        let content = content.as_ref();
        self.digest.update((content.len() as u64).to_le_bytes());
        self.digest.update(content);
    }

    /// A name without the hash at its end; `None` when there is none.
    pub fn cut(name: &str) -> Option<&str> {
        let (stem, hash) = name.rsplit_once('-')?;
        (hash.len() == CONTENT_HASH && hash.bytes().all(|byte| LETTERS.contains(&byte))).then_some(stem)
    }

    /// Ten letters.
    pub fn finish(self) -> SmolStr {
        letters(&self.digest.finalize(), CONTENT_HASH)
    }
}

/// The first `length` letters (at most 13) of a text's hash.
pub(crate) fn short_hash(text: &str, length: usize) -> SmolStr {
    letters(&Sha256::digest(text), length)
}

fn letters(digest: &[u8], length: usize) -> SmolStr {
    // 27^13 < 2^64: eight bytes give thirteen letters without a bias that matters.
    let mut number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let mut text = String::with_capacity(length);
    for _ in 0..length.min(13) {
        text.push(char::from(LETTERS[(number % 27) as usize]));
        number /= 27;
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(parts: &[&str]) -> SmolStr {
        let mut hash = ContentHash::new();
        for part in parts {
            hash.part(part);
        }
        hash.finish()
    }

    #[test]
    fn a_hash_depends_on_the_parts_and_their_borders() {
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["ab"]), hash(&["ab", ""]));
        assert_eq!(hash(&["ab"]).len(), 10);
    }

    #[test]
    fn the_hash_of_a_text_never_changes() {
        // Names that users have in their clusters end in it.
        assert_eq!(short_hash("web", 8), "fd4l5b2k");
        assert_eq!(hash(&["web"]), "87kc7tpwn2");
    }
}
