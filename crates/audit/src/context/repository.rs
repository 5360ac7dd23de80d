//! The files that are there: a walk with bounds, and the texts of the few that rules read whole.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use windlass_source::{Code, Diagnostic, FileId, FileKind, FileSystem, SourceMap, normalize};

/// Directories that hold other people's files, or none that people wrote.
const PASSED_OVER: [&str; 14] = [
    ".git",
    ".hg",
    ".svn",
    ".idea",
    ".cache",
    ".terraform",
    ".venv",
    "venv",
    "__pycache__",
    "bower_components",
    "dist-packages",
    "node_modules",
    "target",
    "vendor",
];
/// An input that can't be read.
const UNREAD: Code = Code("audit::unread");
/// Directories above which the walk goes no deeper.
const MAX_DEPTH: usize = 12;
/// Files above which the walk ends.
const MAX_FILES: usize = 20_000;
/// Bytes above which a text is not read.
pub(super) const MAX_TEXT: u64 = 1 << 20;
/// Bytes above which a file that is audited itself is not read, and said to be so: as everywhere (`--max-input` of other commands).
const MAX_INPUT: u64 = 16 << 20;
/// Texts that rules read whole: guides, scripts, manifests of languages.
const MAX_TEXTS: usize = 200;

/// The files of what is audited.
#[derive(Debug, Default)]
pub struct Repository {
    pub(super) files: Vec<RepositoryFile>,
    /// By path, for `file`.
    index: BTreeMap<String, usize>,
    /// By absolute path, for `at` and `is_there`.
    places: BTreeMap<PathBuf, usize>,
    /// True when there are more files than the walk takes.
    pub(super) is_cut: bool,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFile {
    /// From the directory that is audited, with `/` between names: `docs/SETUP.md`.
    pub path: String,
    /// The absolute path.
    pub absolute: PathBuf,
    /// Its size in bytes.
    pub len: u64,
    /// Its text, where rules may want it whole; see [`RepositoryFile::text`].
    pub(super) text: Option<FileId>,
}

impl RepositoryFile {
    /// The name without directories.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The text in the source map: of Markdown files, shell scripts, Makefiles and the manifests of languages, up to 1 MiB each.
    pub fn text(&self) -> Option<FileId> {
        self.text
    }
}

impl Repository {
    /// All files in the order of their paths; those of `.git`, `node_modules`, `vendor`, `target` and their like are left out.
    pub fn files(&self) -> &[RepositoryFile] {
        &self.files
    }

    /// The file at a path.
    pub fn file(&self, path: &str) -> Option<&RepositoryFile> {
        self.index.get(path).map(|at| &self.files[*at])
    }

    /// The file at an absolute path.
    pub fn at(&self, absolute: &Path) -> Option<&RepositoryFile> {
        self.places.get(absolute).map(|at| &self.files[*at])
    }

    /// A file, or a directory with files, is at an absolute path.
    pub fn is_there(&self, absolute: &Path) -> bool {
        self.places.range(absolute.to_owned()..).next().is_some_and(|(path, _)| path.starts_with(absolute))
    }

    /// The first file that `is_wanted`, in the order of paths.
    pub fn find(&self, is_wanted: impl Fn(&RepositoryFile) -> bool) -> Option<&RepositoryFile> {
        self.files.iter().find(|file| is_wanted(file))
    }

    /// True when a directory of this path has files.
    pub fn has_directory(&self, path: &str) -> bool {
        self.find(|file| file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))).is_some()
    }

    /// The walk was cut short: an absence is no proof.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Walks a directory.
    pub(super) fn walk(&mut self, root: &Path, files: &dyn FileSystem) {
        self.directory(root, "", 0, files);
    }

    /// Adds one file without a walk.
    pub(super) fn add(&mut self, path: String, absolute: PathBuf, len: u64) {
        if self.files.len() >= MAX_FILES {
            self.is_cut = true;
            return;
        }
        self.index.entry(path.clone()).or_insert(self.files.len());
        self.places.entry(absolute.clone()).or_insert(self.files.len());
        self.files.push(RepositoryFile { path, absolute, len, text: None });
    }

    fn directory(&mut self, directory: &Path, prefix: &str, depth: usize, files: &dyn FileSystem) {
        // What can't be listed is no different from what is not there: rules look at what people wrote.
        for entry in files.list(directory).unwrap_or_default() {
            if self.is_cut {
                return;
            }
            let path = format!("{prefix}{}", entry.name);
            let Some(metadata) = entry.metadata else { continue };
            match metadata.kind {
                FileKind::File => self.add(path, directory.join(&entry.name), metadata.len),
                FileKind::Directory if depth < MAX_DEPTH && !PASSED_OVER.contains(&entry.name.as_str()) => {
                    self.directory(&directory.join(&entry.name), &format!("{path}/"), depth + 1, files);
                }
                FileKind::Directory | FileKind::Special => {}
            }
        }
    }

    /// Reads the texts that rules may want whole.
    pub(super) fn read_texts(&mut self, reader: &mut Reader<'_>) {
        let wanted = self.files.iter_mut().filter(|file| is_read_whole(&file.path)).take(MAX_TEXTS);
        for file in wanted {
            file.text = reader.read(&file.absolute);
        }
    }
}

fn is_read_whole(path: &str) -> bool {
    const MANIFESTS: [&str; 9] =
        ["Gemfile", "Makefile", "composer.json", "go.mod", "package.json", "pyproject.toml", "requirements.txt", "artisan", "Justfile"];
    let name = path.rsplit('/').next().unwrap_or(path);
    MANIFESTS.contains(&name) || [".md", ".sh"].iter().any(|end| name.ends_with(end))
}

/// Reads texts into a source map, each once, under the names that people know.
pub(super) struct Reader<'f> {
    pub(super) files: &'f dyn FileSystem,
    pub(super) working_directory: PathBuf,
    pub(super) sources: SourceMap,
    /// Why inputs could not be read.
    pub(super) unread: Vec<Diagnostic>,
    by_path: BTreeMap<PathBuf, Option<FileId>>,
}

impl<'f> Reader<'f> {
    pub(super) fn new(files: &'f dyn FileSystem, working_directory: PathBuf, sources: SourceMap) -> Self {
        let known = sources.files().map(|(id, file)| (normalize(&working_directory.join(file.name())), Some(id)));
        Self { files, by_path: known.collect(), working_directory, sources, unread: Vec::new() }
    }

    /// The text of a file that rules look into beside what is audited, of at most 1 MiB; `None` when it can't be read or is no text.
    pub(super) fn read(&mut self, path: &Path) -> Option<FileId> {
        self.read_within(path, MAX_TEXT, |_| None)
    }

    /// The text of a file that is audited itself; where there is one and it can't be read, [`Self::unread`] says so.
    pub(super) fn read_input(&mut self, path: &Path) -> Option<FileId> {
        let shown = self.display(path);
        self.read_within(path, MAX_INPUT, |error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => None,
            io::ErrorKind::FileTooLarge => {
                let message = format!("`{shown}` is larger than 16 MiB and was not read");
                Some(Diagnostic::warning(UNREAD, message).help("split it"))
            }
            _ => Some(Diagnostic::warning(UNREAD, format!("`{shown}` can't be read: {error}"))),
        })
    }

    fn read_within(&mut self, path: &Path, limit: u64, told: impl FnOnce(io::Error) -> Option<Diagnostic>) -> Option<FileId> {
        let path = normalize(path);
        if let Some(known) = self.by_path.get(&path) {
            return *known;
        }
        let bytes = match self.files.read(&path, limit) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.unread.extend(told(error));
                None
            }
        };
        let text = bytes.as_deref().and_then(|bytes| windlass_yaml::decode(bytes).ok());
        let id = text.map(|text| {
            let name = self.display(&path);
            self.sources.add(name, Arc::<str>::from(text))
        });
        self.by_path.insert(path, id);
        id
    }

    /// A path as a person would write it.
    pub(super) fn display(&self, path: &Path) -> String {
        path.strip_prefix(&self.working_directory).ok().filter(|below| !below.as_os_str().is_empty()).unwrap_or(path).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use windlass_source::MemoryFileSystem;

    use crate::{Context, Request};

    #[test]
    fn a_large_manifest_is_read_and_one_that_is_too_large_is_told() {
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n";
        let large = |size: usize| format!("{object}# {}\n", "x".repeat(size));
        let files = MemoryFileSystem::new().with_file("/srv/two.yaml", large(2 << 20)).with_file("/srv/many.yaml", large(17 << 20));
        let context = Context::load(&Request::new("/srv"), &files);
        assert_eq!(context.manifests.len(), 1);
        let told: Vec<&str> = context.not_understood().iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(told, ["`many.yaml` is larger than 16 MiB and was not read"]);
    }
}
