//! Values under names that the user chose: services, networks, variables, labels.
//!
//! Sorted by name, so that the order of the text decides nothing further on.

use std::ops::Deref;

use smol_str::SmolStr;
use windlass_source::{Origin, Spanned};
use windlass_yaml::{Key, Node};

/// A value under a name that the user chose.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// The name, with the place of the key.
    pub name: Spanned<SmolStr>,
    /// The value.
    pub value: T,
}

/// Entries in the order of their names (by bytes), each name once. A slice of [`Entry`] otherwise.
#[derive(Clone, Debug)]
pub struct ByName<T> {
    entries: Vec<Entry<T>>,
}

/// Attributes of the user's own (`x-…`), as they were written.
pub type Extensions = ByName<Node>;

impl<T> Entry<T> {
    /// The value of a key.
    pub(crate) fn new(key: &Key, value: T) -> Self {
        Self { name: Spanned::new(key.name().clone(), key.span.map_or(Origin::DEFAULT, Origin::at)), value }
    }
}

impl<T> ByName<T> {
    /// The value under `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The entry under `name`.
    pub fn entry(&self, name: &str) -> Option<&Entry<T>> {
        let at = self.entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
        self.entries.get(at)
    }

    /// True when there is an entry under `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Deref for ByName<T> {
    type Target = [Entry<T>];

    fn deref(&self) -> &[Entry<T>] {
        &self.entries
    }
}

impl<T> FromIterator<Entry<T>> for ByName<T> {
    /// Of two entries with one name the later stays.
    fn from_iter<I: IntoIterator<Item = Entry<T>>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        let sorted = entries.windows(2).all(|pair| pair[0].name.value < pair[1].name.value);
        if !sorted {
            // Stable, and reversed first, so that `dedup` keeps the later one.
            entries.reverse();
            entries.sort_by(|a, b| a.name.value.cmp(&b.name.value));
            entries.dedup_by(|a, b| a.name.value == b.name.value);
        }
        Self { entries }
    }
}

impl<T> IntoIterator for ByName<T> {
    type Item = Entry<T>;
    type IntoIter = std::vec::IntoIter<Entry<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a ByName<T> {
    type Item = &'a Entry<T>;
    type IntoIter = std::slice::Iter<'a, Entry<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, value: u8) -> Entry<u8> {
        Entry { name: Spanned::default_value(name.into()), value }
    }

    #[test]
    fn entries_are_sorted_and_the_later_of_two_stays() {
        let table: ByName<u8> = [entry("b", 1), entry("a", 2), entry("b", 3)].into_iter().collect();
        assert_eq!(table.iter().map(|entry| (entry.name.as_str(), entry.value)).collect::<Vec<_>>(), [("a", 2), ("b", 3)]);
        assert_eq!(table.get("b"), Some(&3));
        assert!(!table.contains("c"));
    }
}
