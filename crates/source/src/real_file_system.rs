//! The operating system's files. The only I/O below the binaries.
#![expect(clippy::disallowed_methods, reason = "this is the allowed place")]

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::file_system::{DirEntry, FileKind, FileSystem, Metadata};

/// The operating system's files, relative paths below a working directory.
#[derive(Clone, Debug)]
pub struct RealFileSystem {
    directory: PathBuf,
}

impl RealFileSystem {
    /// Files as seen from `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }
}

impl FileSystem for RealFileSystem {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let path = self.directory.join(path);
        let metadata = fs::metadata(&path)?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut content = Vec::with_capacity(metadata.len().min(limit) as usize);
        // The size can change between the two calls, so the limit is held while reading.
        File::open(&path)?.take(limit.saturating_add(1)).read_to_end(&mut content)?;
        if content.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(content)
    }

    fn metadata(&self, path: &Path) -> Option<Metadata> {
        fs::metadata(self.directory.join(path)).ok().map(|metadata| convert(&metadata))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let directory = self.directory.join(path);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&directory)? {
            if let Ok(name) = entry?.file_name().into_string() {
                let metadata = fs::metadata(directory.join(&name)).ok().map(|metadata| convert(&metadata));
                entries.push(DirEntry { name, metadata });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(self.directory.join(path))
    }
}

fn convert(metadata: &fs::Metadata) -> Metadata {
    let kind = if metadata.is_dir() {
        FileKind::Directory
    } else if metadata.is_file() {
        FileKind::File
    } else {
        FileKind::Special
    };
    let len = if kind == FileKind::File { metadata.len() } else { 0 };
    Metadata { kind, len, mode: mode(metadata) }
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(metadata: &fs::Metadata) -> u32 {
    if metadata.is_dir() { 0o755 } else { 0o644 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_and_says_what_is_wrong() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("b"), "text").expect("writable");
        fs::create_dir(directory.path().join("a")).expect("writable");
        let files = RealFileSystem::new(directory.path());
        assert_eq!(files.read(Path::new("b"), 4).expect("small enough"), b"text");
        assert_eq!(files.read(Path::new("b"), 3).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(files.read(Path::new("a"), 3).expect_err("a directory").kind(), io::ErrorKind::IsADirectory);
        assert_eq!(files.read(Path::new("c"), 3).expect_err("nothing").kind(), io::ErrorKind::NotFound);
        let names: Vec<_> = files.list(Path::new("")).expect("a directory").into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
