//! The one way to files: a trait with a real and an in-memory implementation.

use std::io;
use std::path::{Component, Path, PathBuf};

/// What a path is, after following links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A socket, device or named pipe: reading it may block, so nobody does.
    Special,
}

/// What is known of a path without reading it, after following links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes; 0 for directories.
    pub len: u64,
    /// Permission bits, such as `0o644`.
    pub mode: u32,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name, without its directory.
    pub name: String,
    /// What it is, links followed; `None` for a broken link.
    pub metadata: Option<Metadata>,
}

/// Read access to files, for several threads at once. Paths are absolute or relative to the implementation's working directory.
pub trait FileSystem: Sync {
    /// The bytes of a regular file, at most `limit` of them.
    ///
    /// # Errors
    /// `NotFound`, `PermissionDenied` and the like; `IsADirectory` for a directory; `FileTooLarge` above the limit;
    /// `InvalidInput` for a special file.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// What the path is; `None` when there is nothing or it can't be looked at.
    fn metadata(&self, path: &Path) -> Option<Metadata>;

    /// The names in a directory, sorted; names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// As `read`; `NotADirectory` for a file.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>>;

    /// The absolute path with every link resolved.
    ///
    /// # Errors
    /// `NotFound` when some part does not exist.
    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf>;
}

/// `path` with `.` and `..` taken out by their names alone (Go's `filepath.Clean`): no link is followed, nothing is read.
pub fn normalize(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                Some(Component::ParentDir | Component::CurDir) | None => clean.push(".."),
            },
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(component),
        }
    }
    if clean.as_os_str().is_empty() {
        clean.push(".");
    }
    clean
}

/// A path with `/` between names, shortened to what means the same by its text alone, on every machine (Go's `path.Clean`).
pub fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if is_absolute => {}
                _ => parts.push(".."),
            },
            other => parts.push(other),
        }
    }
    let clean = parts.join("/");
    match (is_absolute, clean.is_empty()) {
        (true, _) => format!("/{clean}"),
        (false, true) => ".".to_owned(),
        (false, false) => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizing_takes_out_dots_by_name() {
        let check = |path: &str, clean: &str| assert_eq!(normalize(Path::new(path)), Path::new(clean), "{path}");
        check("a/./b/../c", "a/c");
        check("/..", "/");
        check("../../a", "../../a");
        check("a/..", ".");
        check("/a/b/../../../c", "/c");
    }

    #[test]
    fn cleaning_is_that_of_go() {
        for (path, cleaned) in [("/a//b/", "/a/b"), ("", "."), ("a/../..", ".."), ("/..", "/"), ("./x", "x"), ("/", "/")] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }
}
