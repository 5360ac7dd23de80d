//! File names by their names alone: joined and made relative without looking at a disk.

use std::path::{Component, Path, PathBuf};

use windlass_source::normalize;

/// `path` as seen from `directory`, without `.` and `..` where names alone allow it.
pub(crate) fn join(directory: &Path, path: impl AsRef<Path>) -> PathBuf {
    normalize(&directory.join(path))
}

/// The way from `directory` to `path`, both absolute: Go's `filepath.Rel`.
pub(crate) fn relative(directory: &Path, path: &Path) -> PathBuf {
    let directory = normalize(directory);
    let path = normalize(path);
    let mut from = directory.components().peekable();
    let mut to = path.components().peekable();
    while let (Some(a), Some(b)) = (from.peek(), to.peek()) {
        if a != b {
            break;
        }
        from.next();
        to.next();
    }
    let mut way = PathBuf::new();
    for component in from {
        if matches!(component, Component::Normal(_)) {
            way.push("..");
        }
    }
    way.extend(to);
    if way.as_os_str().is_empty() {
        way.push(".");
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_directories() {
        let check = |from: &str, to: &str, way: &str| assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(way));
        check("/a/b", "/a/b/c/d", "c/d");
        check("/a/b", "/a/c", "../c");
        check("/a/b", "/a/b", ".");
        check("/a", "/", "..");
    }
}
