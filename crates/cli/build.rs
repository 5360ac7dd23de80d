//! Links `windlass` without shared libraries and at a fixed address where that is possible: a command that ends within milliseconds would
//! otherwise spend a third of them on finding and loading libraries and on moving its tables of pointers to wherever it was loaded. The
//! operator, which listens on a port, stays movable.
//!
//! The functions that the commands run lie side by side: else they are spread over all the code, and each piece of it that a process
//! touches has to be mapped, for 5 to 10 µs.

#![expect(clippy::disallowed_methods, reason = "a build script is told what it needs by variables, files and the compiler")]

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
    println!("cargo::rerun-if-changed=order.txt");
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        if let Some(directory) = archives() {
            // For the program alone: what tests it is linked as usual.
            println!("cargo::rustc-link-arg-bins=-static");
            println!("cargo::rustc-link-arg-bins=-L{}", directory.display());
        }
        // It takes the linker ten seconds, too long for what is built for a test.
        if is("PROFILE", "release")
            && let Some(argument) = order().filter(|argument| links(argument))
        {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}

fn is(name: &str, value: &str) -> bool {
    std::env::var(name).is_ok_and(|found| found == value)
}

/// A directory in which the linker finds an archive under the name of each library. `target-feature=+crt-static` would say the same,
/// but without `--target` it holds for procedural macros too, which are shared libraries. Where an archive is missing (some
/// distributions have them in a package of their own), the libraries stay shared.
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

/// The linker's argument for the order of functions: a script that puts the sections of those in `order.txt` before all others.
fn order() -> Option<String> {
    let names = std::fs::read_to_string("order.txt").ok()?;
    let mut script = String::from("SECTIONS {\n.text.first : {\n");
    for name in names.lines().filter(|line| !line.starts_with('#')) {
        script.push_str(&format!("*(.text.{name} .text.unlikely.{name})\n"));
    }
    script.push_str("}\n}\nINSERT BEFORE .text;\n");
    let file = PathBuf::from(std::env::var_os("OUT_DIR")?).join("order.ld");
    std::fs::write(&file, script).ok()?;
    Some(format!("-Wl,-T,{}", file.display()))
}

/// Whether the linker that is used understands an argument: a small program is linked with it.
fn links(argument: &str) -> bool {
    let (Some(rustc), Some(directory)) = (std::env::var_os("RUSTC"), std::env::var_os("OUT_DIR").map(PathBuf::from)) else { return false };
    let source = directory.join("probe.rs");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let linker = std::env::var("RUSTC_LINKER").map(|linker| format!("-Clinker={linker}"));
    std::fs::write(&source, "fn main() {}").is_ok()
        && Command::new(rustc)
            .args(flags.split('\x1f').filter(|flag| !flag.is_empty()))
            .args(linker)
            .args(std::env::var("TARGET").map(|target| format!("--target={target}")))
            .arg(format!("-Clink-arg={argument}"))
            .arg("-o")
            .arg(directory.join("probe"))
            .arg(&source)
            .output()
            .is_ok_and(|output| output.status.success())
}
