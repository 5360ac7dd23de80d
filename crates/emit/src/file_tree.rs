//! Files in memory, before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its bytes.
    pub content: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Holds secret values: differences are not shown, and git does not see it.
    pub secret: bool,
}

/// Files by their path below a directory, `/` between its parts. No two paths differ by case alone, so that the tree can be
/// written to any file system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<String, File>,
    /// The same paths in lower case.
    taken: BTreeSet<String>,
}

impl FileTree {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file that anyone may read. See [`insert`](Self::insert).
    pub fn add(&mut self, path: &str, content: impl Into<Vec<u8>>) -> String {
        self.insert(path, File { content: content.into(), mode: 0o644, secret: false })
    }

    /// Adds a file that its owner may read. See [`insert`](Self::insert).
    pub fn add_secret(&mut self, path: &str, content: impl Into<Vec<u8>>) -> String {
        self.insert(path, File { content: content.into(), mode: 0o600, secret: true })
    }

    /// Adds a file and gives the path that it got: where `path` is taken, a number is put before the extension.
    /// `path` must be [safe](is_safe).
    pub(crate) fn insert(&mut self, path: &str, file: File) -> String {
        debug_assert!(is_safe(path), "{path} leaves its directory");
        let (stem, extension) = match path.rfind('.') {
            Some(at) if !path[at..].contains('/') => path.split_at(at),
            _ => (path, ""),
        };
        let mut free = path.to_owned();
        let mut number = 2;
        while self.taken.contains(&free.to_lowercase()) {
            free = format!("{stem}-{number}{extension}");
            number += 1;
        }
        self.taken.insert(free.to_lowercase());
        self.files.insert(free.clone(), file);
        free
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// All files by path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True without files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl IntoIterator for FileTree {
    type Item = (String, File);
    type IntoIter = std::collections::btree_map::IntoIter<String, File>;

    fn into_iter(self) -> Self::IntoIter {
        self.files.into_iter()
    }
}

/// True for a relative path of plain names: it can't lead out of the directory that it is joined to.
pub fn is_safe(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|part| !part.is_empty())
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_path_gets_a_number_before_its_extension() {
        let mut tree = FileTree::new();
        let paths = ["a/service-web.yaml", "a/Service-WEB.yaml", "a/service-web.yaml", "a.b/none"].map(|path| tree.add(path, ""));
        assert_eq!(paths, ["a/service-web.yaml", "a/Service-WEB-2.yaml", "a/service-web-3.yaml", "a.b/none"]);
        assert_eq!(tree.len(), 4);
    }

    #[test]
    fn a_path_that_leaves_its_directory_is_not_safe() {
        for path in ["a", "a/b.yaml", ".gitignore", "..a"] {
            assert!(is_safe(path), "{path}");
        }
        for path in ["", "/a", "../a", "a/../../b", "./a", "a//b", "a/", "a\\..\\b"] {
            assert!(!is_safe(path), "{path}");
        }
    }
}
