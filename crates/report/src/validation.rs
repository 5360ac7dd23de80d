//! The verdicts of `windlass validate` in every format, one file each. What they are is in room `k8s`.

mod human;
mod json;

use windlass_k8s::validation::{Input, Validation};

use crate::human::Style;

/// A finished validation, as its report tells it.
#[derive(Clone, Copy, Debug)]
pub struct ValidationReport<'a> {
    /// What was read.
    pub input: &'a Input,
    /// The verdicts.
    pub validation: &'a Validation,
    /// How text for people looks.
    pub style: Style,
}

/// A format of the verdicts.
#[derive(Debug)]
pub struct ValidationFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// The extension of its files, without the dot.
    pub extension: &'static str,
    /// The verdicts in this format, with a line break at the end.
    pub render: fn(&ValidationReport<'_>) -> String,
}

/// Every format of the verdicts; the first one is the default.
pub static FORMATS: [ValidationFormat; 2] = [human::FORMAT, json::FORMAT];

/// The format that `--format` calls so.
pub fn by_name(name: &str) -> Option<&'static ValidationFormat> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format of a file with this extension, whatever its case.
pub fn by_extension(extension: &str) -> Option<&'static ValidationFormat> {
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}
