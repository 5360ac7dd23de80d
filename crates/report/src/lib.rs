//! Diagnostics and the conversion's report in, text for people and machines out. One file a format (`formats/`).
//! Nothing is written here; the caller does that.

mod formats;
mod report;

pub use formats::summary::render as summary;
pub use formats::{FORMATS, Format, by_extension, human};
pub use report::{Conversion, ObjectEntry};
