//! Maps: keys with places, in the order of the text.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use indexmap::map::Entry;
use smol_str::SmolStr;
use windlass_source::Span;

use crate::node::Node;

/// A key. Two keys are the same when their text is.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its text.
    pub name: SmolStr,
    /// Where it was written; `None` for a key that a default brought.
    pub span: Option<Span>,
    /// False when the text was a plain number, truth value or null (`1:`), which Compose refuses.
    pub is_text: bool,
}

impl Key {
    /// A text key that stands at `span`.
    pub fn new(name: impl Into<SmolStr>, span: impl Into<Option<Span>>) -> Self {
        Self { name: name.into(), span: span.into(), is_text: true }
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
#[derive(Clone, Debug, Default)]
pub struct Map {
    // Keys come from strangers: the hasher is seeded, and the order is that of insertion, never of hashes.
    entries: IndexMap<Key, Node, RandomState>,
}

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key)
    }

    /// The value under `key`.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.get_mut(key)
    }

    /// The key as it was written, with its value.
    pub fn get_entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.entries.get_key_value(key)
    }

    /// True when it has `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Sets a value. A key that is there keeps its place and its span; the old value is returned.
    pub fn insert(&mut self, key: impl Into<Key>, value: Node) -> Option<Node> {
        self.entries.insert(key.into(), value)
    }

    /// Adds a value under a new key. A key that is there keeps its value; its place is the error.
    pub fn insert_new(&mut self, key: Key, value: Node) -> Result<(), Option<Span>> {
        match self.entries.entry(key) {
            Entry::Occupied(entry) => Err(entry.key().span),
            Entry::Vacant(entry) => {
                entry.insert(value);
                Ok(())
            }
        }
    }

    /// The value under `key`, put there first if it is missing.
    pub fn get_or_insert_with(&mut self, key: impl Into<Key>, value: impl FnOnce() -> Node) -> &mut Node {
        self.entries.entry(key.into()).or_insert_with(value)
    }

    /// Takes a value out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        self.entries.shift_remove(key)
    }

    /// Takes a key and its value out; the others keep their order.
    pub fn remove_entry(&mut self, key: &str) -> Option<(Key, Node)> {
        self.entries.shift_remove_entry(key)
    }

    /// Keeps what `keep` says.
    pub fn retain(&mut self, keep: impl FnMut(&Key, &mut Node) -> bool) {
        self.entries.retain(keep);
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Key, &Node)> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Keys and values in order.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&Key, &mut Node)> + ExactSizeIterator {
        self.entries.iter_mut()
    }

    /// Keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Key> + ExactSizeIterator {
        self.entries.keys()
    }

    /// Values in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Node> + ExactSizeIterator {
        self.entries.values()
    }

    /// Values in order.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Node> + ExactSizeIterator {
        self.entries.values_mut()
    }

    /// Puts the keys into the order of their bytes, as Go's encoders write them.
    pub fn sort_keys(&mut self) {
        self.entries.sort_unstable_by(|a, _, b, _| a.name.cmp(&b.name));
    }
}

impl IntoIterator for Map {
    type Item = (Key, Node);
    type IntoIter = indexmap::map::IntoIter<Key, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<K: Into<Key>> FromIterator<(K, Node)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().map(|(key, value)| (key.into(), value)).collect() }
    }
}
