//! What is audited, as one model: the repository's files, the stacks that its compose files form, their services, the Dockerfiles
//! that those build, and the configuration files that they mount.
//!
//! In: a [`Request`] and a file system. Out: a [`Context`], which rules ask through views: [`StackContext`], [`ServiceContext`],
//! [`DockerfileContext`], [`StageContext`], [`ConfigContext`]. Nothing is judged here.

mod built;
mod commands;
mod config_edit;
mod config_file;
mod credentials;
mod dockerfile;
mod edit;
mod environment;
mod hosts;
mod limits;
mod load;
mod manifest;
mod measurements;
mod mounts;
mod mysql;
mod object_index;
mod packages;
mod php;
mod redis;
mod repository;
mod role;
mod script;
mod service;
mod site;
mod stack;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use windlass_source::{Diagnostic, FileId, SourceMap, Span};
use windlass_yaml::Node;

pub use config_edit::replace;
pub use config_file::{ConfigContext, ConfigUse, Setting};
pub use credentials::{Credential, Written};
pub use dockerfile::{DockerfileContext, Run, StageContext};
pub use environment::{Environment, EnvironmentKind};
pub use load::Request;
pub use manifest::{ContainerContext, ObjectContext, WorkloadContext, lists};
pub use measurements::Measurement;
pub use mysql::{server_entry, server_sections};
pub use object_index::ObjectIndex;
pub use packages::{Install, Manager};
pub use repository::{Repository, RepositoryFile};
pub use role::Role;
pub use script::{Connector, ShellCommand, ShellWord};
pub use service::{Reach, ServiceContext};
pub use site::{Answer, Held, Site};
pub use stack::StackContext;

/// All that is audited in one run.
#[derive(Debug, Default)]
pub struct Context {
    pub(crate) sources: SourceMap,
    pub(crate) repository: Repository,
    pub(crate) stacks: Vec<stack::Stack>,
    pub(crate) dockerfiles: Vec<dockerfile::DockerfileEntry>,
    pub(crate) configs: Vec<config_file::ConfigFile>,
    pub(crate) manifests: Vec<manifest::ManifestEntry>,
    object_index: OnceLock<ObjectIndex>,
    /// The compose files as they are written, before anything is merged.
    pub(crate) written: BTreeMap<FileId, Node>,
    /// What could not be read, and so was not checked.
    pub(crate) not_understood: Vec<Diagnostic>,
    /// What was measured elsewhere.
    pub(crate) measurements: Vec<Measurement>,
    /// The compose files were named.
    pub(crate) is_named: bool,
    /// Nobody wants repairs, which cost more to make than findings.
    pub(crate) makes_no_edits: bool,
}

impl Context {
    /// The files that were found.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The stacks, in the order of their files' names.
    pub fn stacks(&self) -> impl Iterator<Item = StackContext<'_>> {
        (0..self.stacks.len()).map(|index| StackContext::new(self, index))
    }

    /// The services of all stacks.
    pub fn services(&self) -> impl Iterator<Item = ServiceContext<'_>> {
        self.stacks().flat_map(|stack| stack.services())
    }

    /// The Dockerfiles, in the order of their names.
    pub fn dockerfiles(&self) -> impl Iterator<Item = DockerfileContext<'_>> {
        (0..self.dockerfiles.len()).map(|index| DockerfileContext::new(self, index))
    }

    /// The configuration files in the order of their names. `configs().filter_map(ConfigContext::nginx)` are nginx's.
    pub fn configs(&self) -> impl Iterator<Item = ConfigContext<'_>> {
        (0..self.configs.len()).map(|index| ConfigContext::new(self, index))
    }

    /// A file of variables, an example of one or a guide names this variable.
    pub fn is_documented(&self, variable: &str) -> bool {
        let configs = self.configs().filter(|config| config.is_environment()).map(|config| config.text());
        let guides = self.repository.files().iter().filter_map(|file| Some(&**self.sources.file(file.text()?).text()));
        configs.chain(guides).any(|text| has_word(text, variable))
    }

    /// The objects of manifests, in the order of files and documents.
    pub fn objects(&self) -> impl Iterator<Item = ObjectContext<'_>> {
        (0..self.manifests.len()).map(|index| ObjectContext::new(self, index))
    }

    /// The same by what they are to each other.
    pub(crate) fn object_index(&self) -> &ObjectIndex {
        self.object_index.get_or_init(|| ObjectIndex::new(&self.manifests))
    }

    /// Every text that was read.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        self.sources.slice(span)
    }

    /// How many files are checked: compose files, Dockerfiles, configuration files.
    pub fn checked_files(&self) -> usize {
        let mut files: Vec<_> = self.stacks.iter().flat_map(|stack| &stack.file_ids).copied().collect();
        files.extend(self.dockerfiles.iter().map(|dockerfile| dockerfile.file));
        files.extend(self.configs.iter().map(|config| config.file));
        files.extend(self.manifests.iter().map(|manifest| manifest.file));
        files.sort_unstable();
        files.dedup();
        files.len()
    }

    /// What could not be read, and so was not checked.
    pub fn not_understood(&self) -> &[Diagnostic] {
        &self.not_understood
    }
}

/// `word` stands in the text, and no longer name that it is a part of.
fn has_word(text: &str, word: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    text.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).is_none_or(|before| !is_name(bytes[before]));
        before && bytes.get(at + word.len()).is_none_or(|after| !is_name(*after))
    })
}
