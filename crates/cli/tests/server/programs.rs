//! The programs that the binary finds.

use std::fs;
use std::path::{Path, PathBuf};

/// A directory of the shell and of kubectl, if it is to be there.
pub(crate) fn programs(home: &Path, kubectl: Option<&Path>) -> PathBuf {
    let directory = home.join(if kubectl.is_some() { "with" } else { "without" });
    fs::create_dir_all(&directory).expect("writable");
    let link = |of: &Path, name: &str| drop(std::os::unix::fs::symlink(of, directory.join(name)));
    link(Path::new("/bin/sh"), "sh");
    if let Some(kubectl) = kubectl {
        link(kubectl, "kubectl");
    }
    directory
}
