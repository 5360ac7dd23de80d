//! The copies of a Dockerfile, followed back to the build's context: through other stages and with the files that patterns name.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;

use windlass_compose::model::Build;
use windlass_dockerfile::is_matched;
use windlass_dockerfile::stages::{Copied, CopyFrom};
use windlass_source::{FileKind, normalize};

use super::Input;
use super::built::Built;
use super::files::Reader;

/// Copies of an image that are followed.
const MOST_COPIES: usize = 1000;
/// Stages that copies are followed through.
const MOST_STAGES: usize = 20;

/// One path of the context and where it stands in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    /// Relative to the context; empty for all of it.
    pub(super) source: PathBuf,
    pub(super) target: String,
}

/// What of the context in this directory the image has, in the order in which it is copied.
pub(super) fn copies(context: &FilePath, build: &Build, built: &Built, input: &Input<'_>, reader: &Reader<'_>) -> Rc<[Copy]> {
    let mut trail = Trail { context, built, build, input, reader, stages: BTreeMap::new(), left: MOST_COPIES * 100 };
    trail.follow(built.copies()).into()
}

/// Follows the copies of a Dockerfile back to the context.
struct Trail<'t> {
    context: &'t FilePath,
    built: &'t Built,
    build: &'t Build,
    input: &'t Input<'t>,
    reader: &'t Reader<'t>,
    /// What other stages have of the context.
    stages: BTreeMap<usize, Rc<[Copy]>>,
    /// Steps that may still be made.
    left: usize,
}

impl Trail<'_> {
    fn follow(&mut self, all: &[Copied]) -> Vec<Copy> {
        let mut copies: Vec<Copy> = Vec::new();
        for copied in all {
            let stage = match copied.from {
                CopyFrom::Context => None,
                CopyFrom::Stage(stage) => Some(self.stage(stage)),
                CopyFrom::Other(_) => continue,
            };
            for source in &copied.sources {
                self.left = self.left.saturating_sub(1 + stage.as_ref().map_or(0, |stage| stage.len()));
                if self.left == 0 || copies.len() >= MOST_COPIES {
                    return copies;
                }
                match &stage {
                    None => self.copy_of_context(source, copied, &mut copies),
                    Some(stage) => self.copy_of_stage(source, stage, copied, &mut copies),
                }
            }
        }
        copies
    }

    fn stage(&mut self, stage: usize) -> Rc<[Copy]> {
        if let Some(known) = self.stages.get(&stage) {
            return known.clone();
        }
        let nothing: Rc<[Copy]> = Rc::default();
        if self.stages.len() >= MOST_STAGES {
            return nothing;
        }
        // Stages that copy from each other, which the builder refuses, have nothing of each other.
        self.stages.insert(stage, nothing);
        let copied = self.built.copies_of_stage(stage, self.build, self.input);
        let copies: Rc<[Copy]> = self.follow(&copied).into();
        self.stages.insert(stage, copies.clone());
        copies
    }

    fn copy_of_context(&mut self, source: &str, copied: &Copied, copies: &mut Vec<Copy>) {
        // Addresses are no paths; archives are unpacked.
        let is_unpacked = copied.is_add && [".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz"].iter().any(|end| source.ends_with(end));
        if source.contains("://") || is_unpacked {
            return;
        }
        let source = normalize(FilePath::new(source.trim_start_matches('/')));
        let source = if source == FilePath::new(".") { PathBuf::new() } else { source };
        if !is_pattern(&source) {
            let target = copied_to(&source, self.is_directory(&source), copied);
            copies.push(Copy { source, target });
            return;
        }
        // `*.py` is each file of that name; directories that are patterns are not followed.
        let (Some(directory), Some(pattern)) = (source.parent(), source.file_name().and_then(|name| name.to_str())) else { return };
        if is_pattern(directory) {
            return;
        }
        let entries = self.reader.entries(&self.context.join(directory));
        self.left = self.left.saturating_sub(entries.len());
        for (name, kind) in entries {
            if copies.len() < MOST_COPIES && is_matched(pattern, &name) {
                let source = directory.join(name);
                let target = copied_to(&source, kind == Some(FileKind::Directory), copied);
                copies.push(Copy { source, target });
            }
        }
    }

    /// `source` is a path of the stage, in which `stage` stands.
    fn copy_of_stage(&self, source: &str, stage: &[Copy], copied: &Copied, copies: &mut Vec<Copy>) {
        let source = normalize(&FilePath::new("/").join(source));
        if is_pattern(&source) {
            return;
        }
        for copy in stage {
            let (from, below, is_directory) = if let Ok(below) = FilePath::new(&copy.target).strip_prefix(&source) {
                let is_whole = below.as_os_str().is_empty();
                (copy.source.clone(), below, !is_whole || self.is_directory(&copy.source))
            } else if let Ok(within) = source.strip_prefix(&copy.target) {
                let from = copy.source.join(within);
                let is_directory = self.is_directory(&from);
                (from, FilePath::new(""), is_directory)
            } else {
                continue;
            };
            if copies.len() < MOST_COPIES {
                let place = copied_to(source.strip_prefix("/").unwrap_or(&source), is_directory, copied);
                let target =
                    if below.as_os_str().is_empty() { place } else { FilePath::new(&place).join(below).to_string_lossy().into_owned() };
                copies.push(Copy { source: from, target });
            }
        }
    }

    fn is_directory(&self, source: &FilePath) -> bool {
        self.reader.kind(&self.context.join(source)) == Some(FileKind::Directory)
    }
}

fn is_pattern(path: &FilePath) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Where a source ends up.
fn copied_to(source: &FilePath, is_directory: bool, copied: &Copied) -> String {
    let mut target = PathBuf::from(copied.destination.as_str());
    if copied.parents {
        target.push(source);
    } else if let Some(name) = source.file_name().filter(|_| !is_directory && copied.into_directory) {
        target.push(name);
    }
    target.to_string_lossy().into_owned()
}
