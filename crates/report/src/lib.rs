//! Diagnostics and the conversion's report in, text for people and machines out. One file a format (`formats/`).
//! Nothing is written here; the caller does that.

mod formats;

pub use formats::human;
