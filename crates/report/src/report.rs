//! What a conversion's report is made of, whatever its format.

use windlass_compose::model::Project;
use windlass_convert::Report;
use windlass_k8s::{ObjectRef, Objects};
use windlass_source::{Diagnostic, SourceMap, Span};

/// A finished conversion, as its report tells it.
#[derive(Clone, Copy, Debug)]
pub struct Conversion<'a> {
    /// The fate of every attribute.
    pub report: &'a Report,
    /// The objects, in the order in which they are written.
    pub objects: &'a [ObjectEntry],
    /// Everything that was found on the way.
    pub diagnostics: &'a [Diagnostic],
    /// What spans point into.
    pub sources: &'a SourceMap,
    /// What was converted.
    pub project: &'a Project,
    /// What it became.
    pub made: &'a Objects,
}

/// An object that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Group and version.
    pub api_version: &'static str,
    /// Kind and name.
    pub object: ObjectRef,
    /// The file that holds it, below the output directory; `None` on standard output.
    pub file: Option<String>,
    /// Where it came from: the place of the object as a whole first, then one place of every other file that fields came from.
    pub sources: Vec<Span>,
}
