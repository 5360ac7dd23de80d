//! Links `windlass` at a fixed address where that is possible: a command that ends within milliseconds would otherwise spend a fifth
//! of them on moving its tables of pointers to wherever it was loaded, and on loading libraries. The operator, which listens on a port, stays movable.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A build script has no other way to learn what it builds for.
    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by variables")]
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        if let Some(directory) = unwinder() {
            println!("cargo::rustc-link-search=native={}", directory.display());
            println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
        }
    }
}

/// Where the linker's compiler has its unwinder as an archive: one shared library less to load at each start. Where it has none, the
/// shared one serves.
#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by variables, and the compiler knows where its libraries are")]
fn unwinder() -> Option<PathBuf> {
    let linker = std::env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let answer = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    (path.is_absolute() && path.exists()).then(|| path.parent().map(Path::to_owned))?
}
