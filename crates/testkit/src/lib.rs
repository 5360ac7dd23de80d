//! What tests share: where things stand, the real tools that they compare with, and a real control plane.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "tests read files, start processes and say what they skip")]

mod browser;
mod busybox;
mod cluster;
mod control_plane;
mod docker_compose;
mod hadolint;
mod kubernetes_validate;
mod python;
mod report_schemas;

use std::path::{Path, PathBuf};

pub use browser::{Browser, Theme};
pub use busybox::{build_busybox, busybox};
pub use cluster::{Client, Cluster, Response, Setup};
pub use control_plane::{Component, setpriv};
pub use docker_compose::docker_compose;
pub use hadolint::hadolint;
pub use kubernetes_validate::{Validation, kubernetes_validate};
pub use report_schemas::{ReportSchema, check_report};

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .components()
        .collect::<PathBuf>()
        .canonicalize()
        .unwrap_or_else(|_| PathBuf::from("."))
}

/// A folder of the shared material (`corpus`, `oracle/compose-odd`, …), or `None` after printing that the test is skipped.
/// It stands beside the workspace or where `WINDLASS_SHARED` says.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("WINDLASS_SHARED").map_or_else(|| workspace().join("../shared"), PathBuf::from);
    let path = shared.join(folder);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} does not exist (WINDLASS_SHARED names another place)", path.display());
    None
}
