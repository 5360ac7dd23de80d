//! Maps: keys with places, in the order of the text.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use smol_str::SmolStr;
use windlass_source::Span;

use crate::node::Node;

/// A key. Two keys are the same when their text is.
#[derive(Clone, Debug)]
pub struct Key {
    name: SmolStr,
    /// Where it was written; `None` for a key that a default brought.
    pub span: Option<Span>,
    /// False when the text was a plain number, truth value or null (`1:`), which Compose refuses.
    pub is_text: bool,
    /// True for what every reader takes for text when it stands plain, which need not be looked at again.
    pub(crate) is_word: bool,
    mark: Mark,
}

/// What tells most texts apart: the length and the last byte, since keys of one map often begin alike.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark(u8, u8);

impl Mark {
    #[expect(clippy::cast_possible_truncation, reason = "a long text only looks like a short one")]
    #[inline]
    fn of(text: &str) -> Self {
        Self(text.len() as u8, text.as_bytes().last().copied().unwrap_or_default())
    }

    /// One of sixty-four bits.
    #[inline]
    fn bit(self) -> u64 {
        1 << ((self.0.wrapping_mul(11) ^ self.1) % 64)
    }
}

impl Key {
    /// A text key that stands at `span`.
    pub fn new(name: impl Into<SmolStr>, span: impl Into<Option<Span>>) -> Self {
        let name = name.into();
        Self { mark: Mark::of(&name), name, span: span.into(), is_text: true, is_word: false }
    }

    /// The name of a field or label, which nobody wrote: letters, digits and what joins them, and no word that some reader takes for something
    /// else.
    pub fn field(name: &'static str) -> Self {
        Self { is_word: true, ..Self::new(SmolStr::new_static(name), None) }
    }

    /// The same key with another text.
    #[must_use]
    pub fn renamed(self, name: impl Into<SmolStr>) -> Self {
        Self { is_text: self.is_text, ..Self::new(name, self.span) }
    }

    /// Its text.
    pub fn name(&self) -> &SmolStr {
        &self.name
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As `str`, so that look-ups need no key.
        self.as_str().hash(state);
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.name
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self::new(name, None)
    }
}

impl From<SmolStr> for Key {
    fn from(name: SmolStr) -> Self {
        Self::new(name, None)
    }
}

/// A map in the order of its text.
#[derive(Clone, Default)]
pub struct Map {
    entries: Vec<(Key, Node)>,
    /// The places of the keys in `entries`, above [`SCANNED`] of them. Keys come from strangers: the hasher is seeded.
    // Boxed, since most maps have none and every node pays for the size of a map.
    #[expect(clippy::box_collection, reason = "a third of the size")]
    index: Option<Box<HashMap<SmolStr, usize, RandomState>>>,
    /// The bits of all keys, and perhaps of some that were taken out: most keys that are asked for are not there.
    seen: u64,
}

/// Up to so many keys, looking at each is faster than hashing.
const SCANNED: usize = 12;

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with room for some keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self { entries: Vec::with_capacity(keys), ..Self::default() }
    }

    /// A map of entries whose keys all differ, which the caller knows.
    pub fn from_distinct(entries: Vec<(Key, Node)>) -> Self {
        let mut map = Self { entries, ..Self::default() };
        map.rebuild_index();
        debug_assert!(map.keys().enumerate().all(|(at, key)| map.position(key.as_str()) == Some(at)), "keys differ");
        map
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    // Where the key is spelled out, its bit is a constant.
    #[inline(always)]
    fn position(&self, key: &str) -> Option<usize> {
        let mark = Mark::of(key);
        if self.seen & mark.bit() == 0 { None } else { self.find(key, mark) }
    }

    fn find(&self, key: &str, mark: Mark) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|(known, _)| known.mark == mark && known.as_str() == key),
        }
    }

    fn push(&mut self, key: Key, value: Node) {
        self.seen |= key.mark.bit();
        if let Some(index) = &mut self.index {
            index.insert(key.name.clone(), self.entries.len());
        }
        self.entries.push((key, value));
        if self.index.is_none() && self.entries.len() > SCANNED {
            self.rebuild_index();
        }
    }

    /// Gives spare memory back, save for a key or two that a reader may add: memory that is not touched costs no time.
    pub(crate) fn shrink(&mut self) {
        self.entries.shrink_to(self.entries.len() + self.entries.len() / 4);
    }

    fn rebuild_index(&mut self) {
        self.seen = self.entries.iter().fold(0, |seen, (key, _)| seen | key.mark.bit());
        self.index = (self.entries.len() > SCANNED)
            .then(|| Box::new(self.entries.iter().enumerate().map(|(at, (key, _))| (key.name.clone(), at)).collect()));
    }

    /// The value under `key`.
    #[inline(always)]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.get_entry(key).map(|(_, value)| value)
    }

    /// The value under `key`.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let at = self.position(key)?;
        Some(&mut self.entries[at].1)
    }

    /// The key as it was written, with its value.
    #[inline(always)]
    pub fn get_entry(&self, key: &str) -> Option<(&Key, &Node)> {
        let at = self.position(key)?;
        let (key, value) = &self.entries[at];
        Some((key, value))
    }

    /// True when it has `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets a value. A key that is there keeps its place and its span; the old value is returned.
    pub fn insert(&mut self, key: impl Into<Key>, value: Node) -> Option<Node> {
        let key = key.into();
        match self.position(&key.name) {
            Some(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            None => {
                self.push(key, value);
                None
            }
        }
    }

    /// Adds a value under a new key. A key that is there keeps its value; its place is the error.
    pub fn insert_new(&mut self, key: Key, value: Node) -> Result<(), Option<Span>> {
        match self.position(&key.name) {
            Some(at) => Err(self.entries[at].0.span),
            None => {
                self.push(key, value);
                Ok(())
            }
        }
    }

    /// The value under `key`, put there first if it is missing.
    pub fn get_or_insert_with(&mut self, key: impl Into<Key>, value: impl FnOnce() -> Node) -> &mut Node {
        let key = key.into();
        let at = self.position(&key.name).unwrap_or_else(|| {
            self.push(key, value());
            self.entries.len() - 1
        });
        &mut self.entries[at].1
    }

    /// Takes a value out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        self.remove_entry(key).map(|(_, value)| value)
    }

    /// Takes a key and its value out; the others keep their order.
    pub fn remove_entry(&mut self, key: &str) -> Option<(Key, Node)> {
        let at = self.position(key)?;
        let entry = self.entries.remove(at);
        if self.index.is_some() {
            self.rebuild_index();
        }
        Some(entry)
    }

    /// Keeps what `keep` says.
    pub fn retain(&mut self, mut keep: impl FnMut(&Key, &mut Node) -> bool) {
        self.entries.retain_mut(|(key, value)| keep(key, value));
        self.rebuild_index();
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Key, &Node)> + ExactSizeIterator {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Keys and values in order.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&Key, &mut Node)> + ExactSizeIterator {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// Keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Key> + ExactSizeIterator {
        self.entries.iter().map(|(key, _)| key)
    }

    /// Values in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Node> + ExactSizeIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    /// Values in order.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Node> + ExactSizeIterator {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// Puts the keys into the order of their bytes, as Go's encoders write them.
    pub fn sort_keys(&mut self) {
        self.entries.sort_unstable_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        self.rebuild_index();
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

impl IntoIterator for Map {
    type Item = (Key, Node);
    type IntoIter = std::vec::IntoIter<(Key, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<K: Into<Key>> FromIterator<(K, Node)> for Map {
    /// Of a key that comes twice, the last value stays.
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut map = Self::with_capacity(entries.size_hint().0);
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_maps_behave_alike() {
        for count in [3, SCANNED, SCANNED + 1, 40] {
            let mut map: Map = (0..count).map(|at| (SmolStr::new(at.to_string()), Node::default_value(at as i64))).collect();
            assert_eq!(map.len(), count);
            assert!(map.insert("1", Node::default_value(9)).is_some() && map.insert_new("1".into(), Node::default()).is_err());
            assert_eq!(map.remove("0").and_then(|node| node.as_i64()), Some(0));
            assert_eq!(map.get("1").and_then(Node::as_i64), Some(9));
            assert_eq!(map.get("2").and_then(Node::as_i64), Some(2));
            map.get_or_insert_with("x", || Node::default_value(5)).value = 6.into();
            map.retain(|key, _| key.as_str() != "2");
            map.sort_keys();
            assert!(map.keys().map(Key::as_str).is_sorted() && !map.contains_key("2") && !map.contains_key("0"));
            assert!(map.iter().all(|(key, node)| map.get(key.as_str()).is_some_and(|other| std::ptr::eq(node, other))));
            assert_eq!(map.len(), count - 1);
        }
    }
}
