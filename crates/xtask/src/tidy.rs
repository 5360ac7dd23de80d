//! The rules that no compiler holds. Prints every offence before it fails.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// Top-level names; anything else is stray.
const TOP_LEVEL: [&str; 19] = [
    ".cargo",
    ".ci",
    ".dockerignore",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile",
    "LICENSE",
    "README.md",
    "charts",
    "clippy.toml",
    "crates",
    "crds",
    "docs",
    "examples",
    "rustfmt.toml",
];

/// Lines of a source file outside tests.
const MAX_LINES: usize = 600;

/// Bytes of a file; larger ones belong elsewhere.
const MAX_BYTES: u64 = 1 << 20;

pub(crate) fn run() -> anyhow::Result<()> {
    let root = windlass_testkit::workspace();
    let mut offences = Vec::new();
    for file in tracked_files(&root)? {
        offences.extend(check(&root, &file).into_iter().map(|offence| format!("{file}: {offence}")));
    }
    check_licences(&mut offences)?;
    for offence in &offences {
        println!("{offence}");
    }
    if !offences.is_empty() {
        bail!("{} offences against tidiness", offences.len());
    }
    Ok(())
}

/// What git tracks or would track.
fn tracked_files(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root).output()?;
    if !output.status.success() {
        bail!("`git ls-files` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

fn check(root: &Path, file: &str) -> Vec<String> {
    let mut offences = Vec::new();
    let top = file.split('/').next().unwrap_or(file);
    if top != "tests" && !TOP_LEVEL.contains(&top) {
        offences.push("stray at the top level".to_owned());
    }
    let Ok(metadata) = fs::metadata(root.join(file)) else { return offences };
    if metadata.len() > MAX_BYTES {
        offences.push(format!("{} bytes, over {MAX_BYTES}", metadata.len()));
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    if name == "mod.rs" {
        offences.push("use `foo.rs` beside `foo/`".to_owned());
    }
    if ["utils", "helpers", "common", "manager"].iter().any(|vague| name.strip_suffix(".rs") == Some(vague)) {
        offences.push("a name that says nothing".to_owned());
    }
    if name.ends_with(".rs") {
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        let lines = text.lines().count();
        let is_test = file.starts_with("tests/") || file.contains("/tests/") || name == "tests.rs";
        if lines > MAX_LINES && !is_test {
            offences.push(format!("{lines} lines, over {MAX_LINES}"));
        }
        if !text.starts_with("//!") && !file.contains("/examples/") {
            offences.push("no `//!` that says what the file is".to_owned());
        }
    }
    offences
}

/// Our crates carry the licence, and what they are built from may be used under it.
fn check_licences(offences: &mut Vec<String>) -> anyhow::Result<()> {
    const ALLOWED: [&str; 13] = [
        "Apache-2.0",
        "MIT",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "Zlib",
        "Unicode-3.0",
        "Unlicense",
        "CC0-1.0",
        "0BSD",
        "BSL-1.0",
        "MIT-0",
        // Mozilla's root certificates as data, which the TLS of kube takes along for some systems.
        "CDLA-Permissive-2.0",
    ];
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(windlass_testkit::workspace()).exec()?;
    for package in &metadata.packages {
        let licence = package.license.as_deref().unwrap_or_default();
        if metadata.workspace_members.contains(&package.id) {
            if licence != "Apache-2.0" {
                offences.push(format!("{}: licence field is `{licence}`, not `Apache-2.0`", package.name));
            }
            continue;
        }
        // `A OR B` needs one allowed name, `A AND B` all of them; `/` is the old spelling of OR.
        let allowed = licence.replace('/', " OR ").split(" AND ").all(|all| {
            all.trim_matches(['(', ')']).split(" OR ").any(|one| ALLOWED.contains(&one.trim().trim_end_matches(" WITH LLVM-exception")))
        });
        if !allowed {
            offences.push(format!("{}: licence `{licence}` is not on the list", package.name));
        }
    }
    Ok(())
}
