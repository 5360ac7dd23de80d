//! Files of sections and `key = value` lines: php.ini, PHP-FPM pools, my.cnf.
//!
//! The three differ in comments, quotes and keys ([`Dialect`]). What a value means is up to the reader: [`Dialect::bytes`] and
//! [`Dialect::truth`] read the two kinds that all of them have. Files named by `include` are not opened.

mod parse;

use std::borrow::Cow;

use windlass_source::Span;

pub use parse::parse;

use crate::size;
use crate::syntax::{Concrete, Word};

/// Which program reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// php.ini and the files of `conf.d`: `;` begins a comment, sections mean nothing.
    Php,
    /// php-fpm.conf and pools: as php.ini, each section a pool.
    PhpFpm,
    /// my.cnf: `#` and `;` begin a comment, `-` and `_` in keys are the same, a key may stand alone.
    MySql,
}

/// A file of sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ini {
    /// The text.
    pub concrete: Concrete,
    /// Which program reads it.
    pub dialect: Dialect,
    /// In the order of the text. The first one has what stands before any header, and no name.
    pub sections: Vec<Section>,
    /// Files and directories that it includes, as written.
    pub includes: Vec<Include>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, without the brackets.
    pub name: Option<Word>,
    /// Its entries in order.
    pub entries: Vec<Entry>,
}

/// `key = value`, or a key alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From the key to the end of the value.
    pub span: Span,
    /// As written.
    pub key: Word,
    /// Without quotes, where it has any around the whole; `None` without `=`.
    pub value: Option<Word>,
}

/// `!include`, `!includedir`, `include =`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The path or pattern.
    pub path: Word,
    /// Every file of a directory.
    pub is_directory: bool,
}

impl Entry {
    /// The value; empty where there is none.
    pub fn text(&self) -> &str {
        self.value.as_ref().map_or("", Word::as_str)
    }

    /// Where the value stands, or the key that has none.
    pub fn value_span(&self) -> Span {
        self.value.as_ref().map_or(self.key.span, |value| value.span)
    }
}

impl Section {
    /// True for the section of this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|word| word.text == name)
    }
}

impl Ini {
    /// The entries of every section.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.sections.iter().flat_map(|section| &section.entries)
    }

    /// The entry that counts, the last one, of any section.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries().rfind(|entry| self.dialect.is_key(&entry.key, key))
    }

    /// The entry that counts among the sections of these names.
    pub fn get_in(&self, sections: &[&str], key: &str) -> Option<&Entry> {
        let named = |section: &&Section| sections.iter().any(|name| section.is(name));
        self.sections.iter().filter(named).flat_map(|section| &section.entries).rfind(|entry| self.dialect.is_key(&entry.key, key))
    }

    /// The entry that counts in one section.
    pub fn get_of<'a>(&self, section: &'a Section, key: &str) -> Option<&'a Entry> {
        section.entries.iter().rfind(|entry| self.dialect.is_key(&entry.key, key))
    }
}

impl Dialect {
    /// True where a key, as written, is that of this name; for MySQL the name has underscores.
    pub fn is_key(self, written: &Word, name: &str) -> bool {
        self.plain_key(&written.text) == name
    }

    /// A key with the spelling that all of its spellings share.
    pub fn plain_key(self, written: &str) -> Cow<'_, str> {
        if self == Self::MySql {
            // `loose-` only says that an unknown option is no error.
            let plain = written.strip_prefix("loose-").or_else(|| written.strip_prefix("loose_")).unwrap_or(written);
            return if plain.contains('-') { Cow::Owned(plain.replace('-', "_")) } else { Cow::Borrowed(plain) };
        }
        Cow::Borrowed(written)
    }

    /// The bytes of a size: `256M`, `2G`, `1048576`. `None` for anything else, `-1` (no limit) among it.
    pub fn bytes(self, text: &str) -> Option<u64> {
        const UNITS: [(&str, u64); 7] =
            [("", 1), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("t", 1 << 40), ("p", 1 << 50), ("e", 1 << 60)];
        size::bytes(text, if self == Self::MySql { &UNITS } else { &UNITS[..4] })
    }

    /// A switch: on, off, or neither. Numbers are on unless they are 0.
    pub fn truth(self, entry: &Entry) -> Option<bool> {
        let Some(value) = &entry.value else { return Some(self == Self::MySql) };
        let is_one_of = |words: &[&str]| words.iter().any(|word| value.text.eq_ignore_ascii_case(word));
        if is_one_of(&["on", "yes", "true"]) {
            Some(true)
        } else if is_one_of(&["off", "no", "false", "none", ""]) {
            Some(false)
        } else {
            value.text.parse::<i64>().ok().map(|number| number != 0)
        }
    }
}

#[cfg(test)]
mod tests;
