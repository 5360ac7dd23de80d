//! The formats, one file each, and the list of those that a report file can have.

pub mod human;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod summary;

use crate::report::Conversion;

/// A form of the conversion's report.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Extension of its files, without the dot.
    pub extension: &'static str,
    /// The report in this form, with a line break at its end.
    pub render: fn(&Conversion<'_>) -> String,
}

/// Every form of the conversion's report.
pub static FORMATS: [Format; 2] = [json::FORMAT, markdown::FORMAT];

/// The form of a file with this extension, whatever its case.
pub fn by_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}
