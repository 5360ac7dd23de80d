//! The layouts, one file each: which objects stand in which file, and in which form.

mod manifests;

use std::collections::BTreeMap;

use windlass_k8s::{ObjectRef, Objects};
use windlass_source::SourceMap;

use crate::file_tree::FileTree;

/// How objects are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--to`.
    pub layout: Layout,
    /// `--format`.
    pub format: Format,
    /// `--split`.
    pub split: Split,
    /// `--provenance`.
    pub provenance: Provenance,
    /// `--secrets`.
    pub secrets: Secrets,
}

/// What kind of tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Objects as they are, for `kubectl apply`.
    #[default]
    Manifests,
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

/// The objects as a tree of files.
pub fn tree(objects: &Objects, sources: &SourceMap, options: Options) -> Emitted {
    match options.layout {
        Layout::Manifests => manifests::tree(objects, sources, options),
    }
}

/// The objects as one text, secrets included, in pieces that follow each other.
pub fn stream<'a>(objects: &'a Objects, sources: &'a SourceMap, options: Options) -> impl Iterator<Item = String> + 'a {
    match options.layout {
        Layout::Manifests => manifests::stream(objects, sources, options),
    }
}
