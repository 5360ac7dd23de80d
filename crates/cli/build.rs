//! Links `windlass` without shared libraries and at a fixed address where that is possible: a command that ends within milliseconds would
//! otherwise spend a third of them on finding and loading libraries and on moving its tables of pointers to wherever it was loaded. The
//! operator, which listens on a port, stays movable.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the standard library is linked with, and the archive that holds the same.
const LIBRARIES: [(&str, &str); 7] = [
    ("c", "libc.a"),
    ("dl", "libdl.a"),
    ("gcc_s", "libgcc_eh.a"),
    ("m", "libm.a"),
    ("pthread", "libpthread.a"),
    ("rt", "librt.a"),
    ("util", "libutil.a"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        if let Some(directory) = archives() {
            // For the program alone: what tests it is linked as usual.
            println!("cargo::rustc-link-arg-bins=-static");
            println!("cargo::rustc-link-arg-bins=-L{}", directory.display());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by variables")]
fn is(name: &str, value: &str) -> bool {
    std::env::var(name).is_ok_and(|found| found == value)
}

/// A directory in which the linker finds an archive under the name of each library. `target-feature=+crt-static` would say the same,
/// but without `--target` it holds for procedural macros too, which are shared libraries. Where an archive is missing (some
/// distributions have them in a package of their own), the libraries stay shared.
#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by variables, and the compiler knows where its libraries are")]
fn archives() -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os("OUT_DIR")?);
    let linker = std::env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    for (library, archive) in LIBRARIES {
        let answer = Command::new(&linker).arg(format!("-print-file-name={archive}")).output().ok()?;
        let path = String::from_utf8(answer.stdout).ok()?;
        let path = Path::new(path.trim());
        if !path.is_absolute() || !path.exists() {
            return None;
        }
        std::fs::write(directory.join(format!("lib{library}.so")), format!("INPUT({})\n", path.display())).ok()?;
    }
    Some(directory)
}
