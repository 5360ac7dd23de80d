//! `cargo xtask conformance`: the checks against real tools over the whole corpus, which take too long for every change.

use std::process::Command;

use anyhow::{Context as _, bail};
use windlass_testkit::{Component, shared, workspace};

/// Fails where the suite would skip: a run that tried nothing is no result.
pub(crate) fn run() -> anyhow::Result<()> {
    shared("corpus").context("there is no corpus")?;
    for component in [Component::Etcd, Component::ApiServer] {
        if component.find()?.is_none() {
            bail!(component.remedy());
        }
    }
    let arguments = ["test", "--package", "windlass-suite", "--test", "api_server", "--locked", "--", "--nocapture"];
    let status = Command::new("cargo").args(arguments).env("WINDLASS_CORPUS", "all").current_dir(workspace()).status()?;
    if !status.success() {
        bail!("`cargo {}` ended with {status}", arguments.join(" "));
    }
    Ok(())
}
