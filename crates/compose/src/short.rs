//! The one-string forms of compose attributes: `8080:80`, `./src:/app:ro`. Text in; a small struct out, each field with its place.
//!
//! What a field means, defaults, and checks that need more than the text belong to the model.

use std::fmt;
use std::ops::Range;

pub mod device;
pub mod expose;
pub mod host;
pub mod key_value;
pub mod link;
pub mod port;
pub mod restart;
pub mod tmpfs;
pub mod volume;

/// A value and its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its bytes.
    pub range: Range<usize>,
}

impl<T> Placed<T> {
    fn new(value: T, range: Range<usize>) -> Self {
        Self { value, range }
    }

    /// The same place for a value made from this one.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: map(self.value), range: self.range }
    }
}

/// A text that is not in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortError {
    /// What is wrong, as it is told to people.
    pub reason: String,
    /// The bytes that are wrong.
    pub range: Range<usize>,
}

impl ShortError {
    fn new(reason: impl Into<String>, range: Range<usize>) -> Self {
        Self { reason: reason.into(), range }
    }
}

impl fmt::Display for ShortError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for ShortError {}

/// The parts of a text between separators, each with its place.
fn split_placed(text: &str, separator: char) -> impl Iterator<Item = Placed<&str>> {
    text.split(separator).scan(0, move |at, part| {
        let start = *at;
        *at = start + part.len() + separator.len_utf8();
        Some(Placed::new(part, start..start + part.len()))
    })
}
