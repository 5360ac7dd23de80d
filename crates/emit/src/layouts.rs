//! The layouts, one file each: which objects stand in which file, and in which form.

pub mod helm;
mod kustomize;
mod manifests;
mod stack;

use std::collections::BTreeMap;

pub use kustomize::{Environment, kustomize, overlay_name};
pub use stack::{Carried, StackProject, Use, stack};
use windlass_k8s::write::TypedTree;
use windlass_k8s::{Object, ObjectRef, Objects};
use windlass_source::SourceMap;

use crate::file_tree::FileTree;

/// How objects are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--format`.
    pub format: Format,
    /// `--split`.
    pub split: Split,
    /// `--provenance`.
    pub provenance: Provenance,
    /// `--secrets`.
    pub secrets: Secrets,
}

/// The text form of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// YAML; several objects as documents.
    #[default]
    Yaml,
    /// JSON; several objects as a `List`.
    Json,
}

/// Which objects share a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// None: a file an object.
    #[default]
    Object,
    /// Those of one service.
    Service,
    /// All; secrets still stand in a file of their own.
    None,
}

/// Whether the text says where it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provenance {
    /// It does not.
    #[default]
    None,
    /// In YAML comments, `compose.yaml:14`.
    Comments,
}

/// Where secret values go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Into files below `secrets/`, which git ignores; on standard output, into the stream.
    #[default]
    Files,
    /// Nowhere: each value is replaced by a word that says what belongs there.
    Placeholders,
}

/// A tree, and which file holds which object.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// The files.
    pub tree: FileTree,
    /// Path by object.
    pub files: BTreeMap<ObjectRef, String>,
}

/// The objects as they are, as a tree of files for `kubectl apply`.
pub fn tree(objects: &Objects, sources: &SourceMap, options: Options) -> Emitted {
    manifests::tree(objects, sources, options)
}

/// The objects as one text, secrets included, in pieces that follow each other.
pub fn stream<'a>(objects: &'a Objects, sources: &'a SourceMap, options: Options) -> impl Iterator<Item = String> + 'a {
    manifests::stream(objects, sources, options)
}

/// As [`stream`] in YAML, where each piece comes with what `check` says of its object, as a tree that is made but once. Objects
/// stand in the stream as they are. The first piece is empty and comes with what `beside` says, at the same time.
pub fn checked_stream<'a, T: Send + 'a>(
    objects: &'a Objects,
    sources: &'a SourceMap,
    options: Options,
    beside: impl Fn() -> T + Sync + 'a,
    check: impl Fn(&Object, &TypedTree) -> T + Sync + 'a,
) -> impl Iterator<Item = (String, T)> + 'a {
    manifests::checked_stream(objects, sources, options, beside, check)
}
