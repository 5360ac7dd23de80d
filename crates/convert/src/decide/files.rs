//! Content of the project's files, within bounds: one object's worth a file or directory, a thousand files a directory, and
//! only from within the project's directory (links resolved) or what `--allow-outside` names. A stranger's compose file must
//! not carry `/etc/passwd` into a manifest.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path as FilePath, PathBuf};

use windlass_source::{FileKind, FileSystem, normalize};

use super::Input;
use crate::content::LIMIT;

/// The most files of a directory that is embedded.
const MAX_FILES: usize = 1000;
/// The deepest directory that is looked into.
const MAX_DEPTH: usize = 32;

/// A file with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// Relative to the directory that was read, with `/` between names; the name alone for a single file.
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
    /// Its permissions where it lies; 0644 for what lies nowhere.
    pub(crate) mode: u32,
}

impl File {
    pub(crate) fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }

    /// What its owner may do with it, where nobody else may do anything.
    pub(crate) fn private_mode(&self) -> Option<i32> {
        i32::try_from(self.mode & 0o700).ok().filter(|_| is_private(self.mode))
    }
}

/// True for permissions by which the owner of a file may read it, and nobody else.
pub fn is_private(mode: u32) -> bool {
    mode & 0o077 == 0 && mode & 0o400 != 0
}

/// Why there is no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Nothing is there.
    Missing,
    /// It leads out of the project's directory: where to.
    Outside(PathBuf),
    /// More than an object can hold.
    TooLarge,
    /// More files than are embedded.
    TooMany,
    /// A socket, device or pipe.
    Special,
    /// The reason.
    Unreadable(String),
}

/// Reads files as far as they may be embedded.
pub(crate) struct Reader<'a> {
    files: &'a dyn FileSystem,
    /// As they are written.
    roots: Vec<PathBuf>,
    /// With links resolved.
    resolved: Vec<PathBuf>,
    /// What `~` stands for.
    home: Option<PathBuf>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &Input<'a>) -> Self {
        let roots: Vec<PathBuf> = std::iter::once(input.directory.to_owned())
            .chain(input.options.allow_outside.iter().map(|outside| input.directory.join(outside)))
            .map(|root| normalize(&root))
            .collect();
        let resolved = roots.iter().map(|root| input.files.canonicalize(root).unwrap_or_else(|_| root.clone())).collect();
        let home = (input.variable)("HOME").filter(|home| home.len() > 1).map(|home| PathBuf::from(home.as_str()));
        Self { files: input.files, roots, resolved, home }
    }

    /// The path within the home of who converts, which is another on each machine; the path as it is shown for all else.
    pub(crate) fn portable(&self, path: &FilePath) -> PathBuf {
        let in_home = self.home.as_ref().and_then(|home| path.strip_prefix(home).ok()).filter(|_| !self.is_inside(path));
        in_home.map_or_else(|| self.shown(path), FilePath::to_owned)
    }

    /// True when the path, as it is written, lies where content is embedded from.
    pub(crate) fn is_inside(&self, path: &FilePath) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// The path as the project would write it: relative to its directory where both lie in one place, so that it is the same
    /// on every machine; absolute for all else.
    pub(crate) fn shown(&self, path: &FilePath) -> PathBuf {
        let Some(directory) = self.roots.first() else { return path.to_owned() };
        let shared = directory.components().zip(path.components()).take_while(|(ours, theirs)| ours == theirs).count();
        // `/srv` alone, or `/home`, is no place that belongs to a project.
        let is_near = shared > 2 || path.starts_with(directory);
        if !is_near {
            return path.to_owned();
        }
        let up = directory.components().skip(shared).map(|_| "..");
        up.map(PathBuf::from).chain(path.components().skip(shared).map(|part| PathBuf::from(part.as_os_str()))).collect()
    }

    /// What is at the path; `None` for nothing.
    pub(crate) fn kind(&self, path: &FilePath) -> Option<FileKind> {
        self.files.metadata(path).map(|metadata| metadata.kind)
    }

    /// The content of a file.
    pub(crate) fn file(&self, path: &FilePath) -> Result<File, Absent> {
        self.allowed(path)?;
        let metadata = self.files.metadata(path).ok_or(Absent::Missing)?;
        match metadata.kind {
            FileKind::File if metadata.len > LIMIT => return Err(Absent::TooLarge),
            FileKind::File => {}
            FileKind::Directory => return Err(Absent::Unreadable("it is a directory".to_owned())),
            FileKind::Special => return Err(Absent::Special),
        }
        let content = self.files.read(path, LIMIT).map_err(absent)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(File { path: name, content, mode: metadata.mode })
    }

    /// The text of a Dockerfile or `.dockerignore` in the context of a build, links resolved, though it may lie outside of the
    /// project: the builder reads it too. What it says of its image is used, and its text nowhere quoted.
    pub(crate) fn build_file(&self, path: &FilePath, context: &FilePath) -> Option<String> {
        let resolved = |path: &FilePath| self.files.canonicalize(path).ok();
        let is_file = self.kind(path) == Some(FileKind::File) && resolved(path)?.starts_with(resolved(context)?);
        String::from_utf8(is_file.then(|| self.files.read(path, LIMIT).ok()).flatten()?).ok()
    }

    /// The files beneath a directory, sorted by path. What Git keeps for itself is no content; links that lead out of the
    /// project are an error, since a part of a directory is not what was meant.
    pub(crate) fn directory(&self, path: &FilePath) -> Result<Vec<File>, Absent> {
        let mut walk = Walk { reader: self, files: Vec::new(), bytes: 0, seen: BTreeSet::new() };
        walk.directory(path, "", 0)?;
        walk.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(walk.files)
    }

    /// True when a directory is there and nothing is in it.
    pub(crate) fn is_empty(&self, path: &FilePath) -> bool {
        self.files.list(path).is_ok_and(|entries| entries.iter().all(|entry| matches!(entry.name.as_str(), ".gitkeep" | ".gitignore")))
    }

    /// The names in a directory; none when it can't be read.
    pub(crate) fn names(&self, path: &FilePath) -> Vec<String> {
        self.entries(path).into_iter().map(|(name, _)| name).collect()
    }

    /// What is in a directory, and of what kind; nothing when it can't be read.
    pub(crate) fn entries(&self, path: &FilePath) -> Vec<(String, Option<FileKind>)> {
        let entries = self.files.list(path).unwrap_or_default();
        entries.into_iter().map(|entry| (entry.name, entry.metadata.map(|metadata| metadata.kind))).collect()
    }

    fn allowed(&self, path: &FilePath) -> Result<PathBuf, Absent> {
        if !self.is_inside(path) {
            return Err(Absent::Outside(path.to_owned()));
        }
        let resolved = self.files.canonicalize(path).map_err(absent)?;
        if self.resolved.iter().any(|root| resolved.starts_with(root)) { Ok(resolved) } else { Err(Absent::Outside(resolved)) }
    }
}

struct Walk<'r, 'a> {
    reader: &'r Reader<'a>,
    files: Vec<File>,
    bytes: u64,
    seen: BTreeSet<PathBuf>,
}

impl Walk<'_, '_> {
    fn directory(&mut self, path: &FilePath, prefix: &str, depth: usize) -> Result<(), Absent> {
        let resolved = self.reader.allowed(path)?;
        // A link back up would never end.
        if depth > MAX_DEPTH || !self.seen.insert(resolved) {
            return Ok(());
        }
        for entry in self.reader.files.list(path).map_err(absent)? {
            let child = path.join(&entry.name);
            let name = if prefix.is_empty() { entry.name.clone() } else { format!("{prefix}/{}", entry.name) };
            // A link that leads nowhere is nothing in a container either.
            let Some(metadata) = entry.metadata else { continue };
            match metadata.kind {
                FileKind::Directory if entry.name == ".git" => {}
                FileKind::Directory => self.directory(&child, &name, depth + 1)?,
                FileKind::Special => {}
                FileKind::File => {
                    self.bytes += metadata.len;
                    if self.files.len() == MAX_FILES {
                        return Err(Absent::TooMany);
                    }
                    if self.bytes > LIMIT {
                        return Err(Absent::TooLarge);
                    }
                    self.files.push(File { path: name, ..self.reader.file(&child)? });
                }
            }
        }
        Ok(())
    }
}

fn absent(error: io::Error) -> Absent {
    match error.kind() {
        io::ErrorKind::NotFound => Absent::Missing,
        io::ErrorKind::FileTooLarge => Absent::TooLarge,
        io::ErrorKind::PermissionDenied => Absent::Unreadable("reading it is not permitted".to_owned()),
        _ => Absent::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use windlass_compose::model::Project;
    use windlass_source::MemoryFileSystem;
    use windlass_yaml::{Map, Node};

    use super::*;
    use crate::Options;

    fn with_reader(files: &MemoryFileSystem, options: &Options, look: impl FnOnce(&Reader<'_>)) {
        let (project, tree) = (Project::default(), Node::default_value(Map::new()));
        let directory = FilePath::new("/project");
        look(&Reader::new(&Input { project: &project, tree: &tree, directory, files, variable: &|_| None, options }));
    }

    #[test]
    fn content_comes_from_within_the_project_only() {
        let mut files = MemoryFileSystem::new().with_file("/project/a/x", "1").with_file("/etc/passwd", "root").with_file("/shared/b", "2");
        files.insert_link("/project/link", "/etc/passwd");
        files.insert_link("/project/d/out", "../../etc");
        with_reader(&files, &Options::default(), |reader| {
            assert_eq!(reader.file(FilePath::new("/project/a/x")).unwrap().content, b"1");
            assert_eq!(reader.file(FilePath::new("/project/link")), Err(Absent::Outside("/etc/passwd".into())));
            assert_eq!(reader.directory(FilePath::new("/project/d")), Err(Absent::Outside("/etc".into())));
            assert_eq!(reader.file(FilePath::new("/etc/passwd")), Err(Absent::Outside("/etc/passwd".into())));
            assert_eq!(reader.file(FilePath::new("/project/none")), Err(Absent::Missing));
            assert_eq!(reader.file(FilePath::new("/shared/b")), Err(Absent::Outside("/shared/b".into())));
        });
        let options = Options { allow_outside: vec!["../shared".into()], ..Options::default() };
        with_reader(&files, &options, |reader| assert_eq!(reader.file(FilePath::new("/shared/b")).unwrap().content, b"2"));
    }

    #[test]
    fn paths_are_shown_as_every_machine_has_them() {
        let (project, tree, options) = (Project::default(), Node::default_value(Map::new()), Options::default());
        let files = MemoryFileSystem::new();
        let directory = FilePath::new("/home/me/shop/docker");
        let reader =
            Reader::new(&Input { project: &project, tree: &tree, directory, files: &files, variable: &|_| None, options: &options });
        let check = |path: &str, shown: &str| assert_eq!(reader.shown(FilePath::new(path)), FilePath::new(shown), "{path}");
        check("/home/me/shop/docker/data/db", "data/db");
        check("/home/me/shop/public", "../public");
        check("/home/me/media", "../../media");
        check("/home/other/media", "/home/other/media");
        check("/srv/media", "/srv/media");
    }

    #[test]
    fn a_directory_is_read_within_bounds_and_loops_end() {
        let mut files =
            MemoryFileSystem::new().with_file("/project/d/b", "2").with_file("/project/d/a/x", "1").with_file("/project/d/.git/c", "");
        files.insert_link("/project/d/a/up", "..");
        let big = vec![b'x'; 1 << 19];
        for name in ["a", "b", "c"] {
            files.insert(format!("/project/big/{name}"), big.clone(), 0o644);
        }
        for number in 0..=MAX_FILES {
            files.insert(format!("/project/many/{number}"), "", 0o644);
        }
        with_reader(&files, &Options::default(), |reader| {
            let found = reader.directory(FilePath::new("/project/d")).unwrap();
            assert_eq!(found.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["a/x", "b"]);
            assert_eq!(reader.directory(FilePath::new("/project/big")), Err(Absent::TooLarge));
            assert_eq!(reader.directory(FilePath::new("/project/many")), Err(Absent::TooMany));
        });
    }
}
