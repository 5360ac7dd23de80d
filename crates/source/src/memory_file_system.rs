//! Files that exist in memory only: a `Stack`'s virtual files, and tests.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::file_system::{DirEntry, FileKind, FileSystem, Metadata, normalize};

/// A tree of files in memory. Its working directory is `/`.
#[derive(Clone, Debug, Default)]
pub struct MemoryFileSystem {
    files: BTreeMap<PathBuf, Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    File { content: Vec<u8>, mode: u32 },
    Directory,
    Link(PathBuf),
}

/// Links are followed this often before the chain counts as a loop, as Linux does.
const MAX_LINKS: usize = 40;

impl MemoryFileSystem {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file (mode 0644) and the directories above it.
    pub fn with_file(mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) -> Self {
        self.insert(path, content, 0o644);
        self
    }

    /// Adds or replaces a file and the directories above it.
    pub fn insert(&mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>, mode: u32) {
        self.put(path.as_ref(), Entry::File { content: content.into(), mode });
    }

    /// Adds an empty directory.
    pub fn insert_directory(&mut self, path: impl AsRef<Path>) {
        self.put(path.as_ref(), Entry::Directory);
    }

    /// Adds a symbolic link to `target`.
    pub fn insert_link(&mut self, path: impl AsRef<Path>, target: impl Into<PathBuf>) {
        self.put(path.as_ref(), Entry::Link(target.into()));
    }

    fn put(&mut self, path: &Path, entry: Entry) {
        let path = absolute(path);
        for parent in path.ancestors().skip(1) {
            self.files.entry(parent.to_owned()).or_insert(Entry::Directory);
        }
        self.files.insert(path, entry);
    }

    /// Follows links component by component.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let mut links = 0;
        let mut pending: Vec<_> = absolute(path).components().map(|part| part.as_os_str().to_owned()).collect();
        pending.reverse();
        let mut resolved = PathBuf::from("/");
        while let Some(part) = pending.pop() {
            let next = normalize(&resolved.join(part));
            match self.files.get(&next) {
                Some(Entry::Link(target)) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(io::Error::other("too many levels of symbolic links"));
                    }
                    let target: Vec<_> = target.components().map(|part| part.as_os_str().to_owned()).collect();
                    pending.extend(target.into_iter().rev());
                }
                Some(Entry::File { .. } | Entry::Directory) => resolved = next,
                None if next == Path::new("/") => resolved = next,
                None => return Err(io::ErrorKind::NotFound.into()),
            }
        }
        Ok(resolved)
    }
}

fn absolute(path: &Path) -> PathBuf {
    normalize(&Path::new("/").join(path))
}

impl FileSystem for MemoryFileSystem {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        match self.files.get(&self.resolve(path)?) {
            Some(Entry::File { content, .. }) if content.len() as u64 > limit => Err(io::ErrorKind::FileTooLarge.into()),
            Some(Entry::File { content, .. }) => Ok(content.clone()),
            Some(Entry::Directory) => Err(io::ErrorKind::IsADirectory.into()),
            Some(Entry::Link(_)) | None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn metadata(&self, path: &Path) -> Option<Metadata> {
        let path = self.resolve(path).ok()?;
        match self.files.get(&path) {
            Some(Entry::File { content, mode }) => Some(Metadata { kind: FileKind::File, len: content.len() as u64, mode: *mode }),
            Some(Entry::Directory) => Some(Metadata { kind: FileKind::Directory, len: 0, mode: 0o755 }),
            Some(Entry::Link(_)) | None => None,
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let directory = self.resolve(path)?;
        if matches!(self.files.get(&directory), Some(Entry::File { .. })) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let below = self.files.range(directory.clone()..).skip_while(|(path, _)| **path == directory);
        let children =
            below.map(|(path, _)| path).take_while(|path| path.starts_with(&directory)).filter(|path| path.parent() == Some(&directory));
        Ok(children
            .filter_map(|path| Some(DirEntry { name: path.file_name()?.to_str()?.to_owned(), metadata: self.metadata(path) }))
            .collect())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.resolve(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_loops_end() {
        let mut files = MemoryFileSystem::new().with_file("/a/b.txt", "hi");
        files.insert_link("/link", "a/b.txt");
        files.insert_link("/a/up", "..");
        files.insert_link("/loop", "loop");
        assert_eq!(files.read(Path::new("/link"), 9).expect("the link leads to a file"), b"hi");
        assert_eq!(files.canonicalize(Path::new("/a/up/a/up/link")).expect("it exists"), Path::new("/a/b.txt"));
        assert!(files.read(Path::new("/loop"), 9).is_err());
        assert_eq!(files.read(Path::new("/link"), 1).expect_err("two bytes").kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_directory_lists_its_own_names_only() {
        let files = MemoryFileSystem::new().with_file("/a/b/c", "").with_file("/a/d", "").with_file("/e", "");
        let names: Vec<_> = files.list(Path::new("/a")).expect("a directory").into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["b", "d"]);
        let root: Vec<_> = files.list(Path::new("/")).expect("a directory").into_iter().map(|entry| entry.name).collect();
        assert_eq!(root, ["a", "e"]);
    }
}
