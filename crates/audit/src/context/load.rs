//! Makes the context: which files there are, which stacks they form, what those build and mount.

mod configs;
mod conversion;
mod dockerfiles;
mod facts;
mod manifests;
mod stacks;

use std::path::{Path, PathBuf};

use windlass_compose::Request as ProjectRequest;
use windlass_source::{Code, Diagnostic, FileKind, FileSystem, normalize};

use super::Context;
use super::environment::EnvironmentKind;
use super::repository::{Reader, Repository};

const NOT_FOUND: Code = Code("audit::not-found");
const CUT_SHORT: Code = Code("audit::cut-short");

/// What is to be audited.
#[derive(Clone, Debug)]
pub struct Request {
    /// The project flags. With files named, the stack that they form is the only one.
    pub project: ProjectRequest,
    /// Directories and files to look at; empty: the working directory.
    pub paths: Vec<PathBuf>,
    /// What everything is for, whatever the files say.
    pub environment: Option<EnvironmentKind>,
}

impl Request {
    /// Everything in a directory.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { project: ProjectRequest::new(directory), paths: Vec::new(), environment: None }
    }
}

/// What is looked at beyond what the stacks lead to.
#[derive(Default)]
struct Wanted {
    /// Compose files that form stacks, absolute.
    compose: Vec<PathBuf>,
    /// Dockerfiles, absolute.
    dockerfiles: Vec<PathBuf>,
    /// Configuration files, absolute.
    configs: Vec<PathBuf>,
    /// YAML that may hold manifests, absolute.
    manifests: Vec<PathBuf>,
}

impl Context {
    /// Something that was asked for by name is not there, or is no project.
    pub fn is_missing_input(&self) -> bool {
        let is_missing = |diagnostic: &Diagnostic| diagnostic.code == NOT_FOUND;
        self.not_understood.iter().any(is_missing) || (self.is_named && self.stacks.is_empty())
    }

    /// Finds and reads what is to be audited. Never fails: what can't be read stands in [`Context::not_understood`].
    pub fn load(request: &Request, files: &dyn FileSystem) -> Self {
        let mut context = Self { is_named: !request.project.files.is_empty(), ..Self::default() };
        let wanted = find(request, files, &mut context);
        let working_directory = normalize(&request.project.working_directory);
        stacks::load(request, &wanted.compose, files, &mut context);
        stacks::keep_written(&mut context);
        let mut reader = Reader::new(files, working_directory, std::mem::take(&mut context.sources));
        let builds = dockerfiles::load(&wanted.dockerfiles, &mut reader, &mut context);
        facts::fill(&builds, request, &mut context);
        dockerfiles::decide_environments(request, &mut context);
        configs::load(&wanted.configs, &mut reader, &mut context);
        manifests::load(&wanted.manifests, &mut reader, &mut context);
        context.repository.read_texts(&mut reader);
        super::measurements::load(&mut reader, &mut context);
        context.not_understood.append(&mut reader.unread);
        context.sources = reader.sources;
        context
    }
}

/// Walks what was asked for and sorts the files by what they are.
fn find(request: &Request, files: &dyn FileSystem, context: &mut Context) -> Wanted {
    let mut wanted = Wanted::default();
    let mut repository = Repository::default();
    let base = normalize(&request.project.working_directory);
    let directory = request.project.project_directory.as_ref().map_or_else(|| base.clone(), |directory| base.join(directory));
    let paths = if request.paths.is_empty() { vec![directory] } else { request.paths.iter().map(|path| base.join(path)).collect() };
    for path in paths {
        let path = normalize(&path);
        match files.metadata(&path) {
            Some(metadata) if metadata.kind == FileKind::Directory => repository.walk(&path, files),
            Some(metadata) if metadata.kind == FileKind::File => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                // A file that is named is looked at, whatever its name.
                if !sort(&path, &name, &mut wanted) {
                    sort_by_content(&path, files, &mut wanted);
                }
                repository.add(name, path, metadata.len);
            }
            _ => context
                .not_understood
                .push(Diagnostic::error(NOT_FOUND, format!("there is nothing at `{}`", path.display())).help("check the name")),
        }
    }
    // With `-f` the stack is given; what it builds and mounts is found from there.
    if request.project.files.is_empty() {
        for file in &repository.files {
            sort(&file.absolute, &file.path, &mut wanted);
        }
    }
    if repository.is_cut {
        let message = "the directory has more files than are looked at";
        context.not_understood.push(Diagnostic::warning(CUT_SHORT, message).help("name the directories to audit"));
    }
    for list in [&mut wanted.compose, &mut wanted.dockerfiles, &mut wanted.configs, &mut wanted.manifests] {
        list.sort();
        list.dedup();
    }
    context.repository = repository;
    wanted
}

/// Puts a file where its name says that it belongs. False when the name says nothing.
fn sort(absolute: &Path, path: &str, wanted: &mut Wanted) -> bool {
    let list = if stacks::is_compose_file(path) {
        &mut wanted.compose
    } else if dockerfiles::is_dockerfile(path) {
        &mut wanted.dockerfiles
    } else if super::config_file::Content::may_be(path) {
        &mut wanted.configs
    } else if manifests::may_be(path) {
        &mut wanted.manifests
    } else {
        return false;
    };
    list.push(absolute.to_owned());
    true
}

/// A file of an odd name: a compose file when it has `services:`, else a Dockerfile.
fn sort_by_content(path: &Path, files: &dyn FileSystem, wanted: &mut Wanted) {
    let bytes = files.read(path, super::repository::MAX_TEXT).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let starts = |word: &str| text.lines().any(|line| line.starts_with(word));
    if starts("services:") || starts("include:") {
        wanted.compose.push(path.to_owned());
    } else if starts("FROM ") || starts("from ") {
        wanted.dockerfiles.push(path.to_owned());
    }
}
