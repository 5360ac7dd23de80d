//! `cargo xtask order`: which functions the commands run. The linker lays them side by side (`crates/cli/build.rs`), since a process that
//! ends within milliseconds would otherwise spend one of them on mapping its code from a hundred places.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::bench;

/// Where the list is.
const FILE: &str = "crates/cli/order.txt";

/// How the names of functions begin that can be laid somewhere.
const OURS: [&str; 4] = ["_R", "mi_", "_mi_", "main"];

/// What is run, by command: what the first of all needs comes first. Each is run in the directory of examples, `{}` is a scratch directory.
const COMMANDS: [&[&str]; 5] = [
    &[
        "convert -q -f {}/compose.yaml",
        "convert -q -f shop/docker-compose.yml",
        "convert -f {}/compose.yaml",
        "convert -f shop/docker-compose.yml",
        "convert -f shop/docker-compose.yml -f shop/docker-compose.prod.yml --report {}/report.html",
        "convert -f voting/compose.yaml -o {}/plain",
        "convert -f guestbook/compose.yaml -o {}/kustomize --to kustomize",
        "convert -f wordpress/compose.yaml -o {}/helm --to helm",
    ],
    &["config -f {}/compose.yaml", "config -q -f {}/compose.yaml", "config -f shop/docker-compose.yml"],
    &["validate {}/plain", "validate -q {}/kustomize"],
    &[
        "audit --fail-on never shop/Dockerfile",
        "audit -q --fail-on never shop/Dockerfile",
        "audit --fail-on never shop",
        "audit --fail-on never voting",
    ],
    &["--version", "--help"],
];

pub(crate) fn run() -> anyhow::Result<()> {
    let root = windlass_testkit::workspace();
    bench::build(&["--package", "windlass", "--bins", "--config", "profile.release.package.windlass.strip=false"])?;
    let windlass = root.join("target/release/windlass");
    let scratch = root.join("target/order");
    let profile = scratch.join("callgrind.out");
    fs::create_dir_all(&scratch)?;
    fs::write(scratch.join("compose.yaml"), bench::project(100))?;

    // Whether the first run runs a function, which commands do, and in how many runs.
    let mut functions: BTreeMap<String, (bool, [bool; COMMANDS.len()], usize)> = BTreeMap::new();
    for (at, lines) in COMMANDS.iter().enumerate() {
        for (number, line) in lines.iter().enumerate() {
            for name in executed(&windlass, &line.replace("{}", bench::path(&scratch)?), &root.join("examples"), &profile)? {
                let (is_first, commands, runs) = functions.entry(name).or_default();
                *is_first |= (at, number) == (0, 0);
                commands[at] = true;
                *runs += 1;
            }
        }
    }
    let mut order: Vec<_> = functions.into_iter().collect();
    order.sort_by(|(one, used), (other, used_too)| (Reverse(used), one).cmp(&(Reverse(used_too), other)));

    let mut text = String::from(
        "# Functions that the commands run, in the order in which they are to lie; `*` stands for what differs between builds.\n\
         # Made by `cargo xtask order`.\n",
    );
    for (name, _) in &order {
        text.push_str(name);
        text.push('\n');
    }
    fs::write(root.join(FILE), text)?;
    println!("{} functions in {FILE}", order.len());
    Ok(())
}

/// The functions that one run executes, as patterns; `profile` is where valgrind writes them down.
fn executed(windlass: &Path, line: &str, directory: &Path, profile: &Path) -> anyhow::Result<BTreeSet<String>> {
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--demangle=no"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(windlass)
        .args(line.split(' '))
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("valgrind can't be started: install it (`apt install valgrind`)")?;
    if !status.success() {
        bail!("`windlass {line}`: {status}");
    }
    let names = functions(&fs::read_to_string(profile)?);
    if names.is_empty() {
        bail!("`windlass {line}` has no functions with names");
    }
    Ok(names)
}

/// The functions in a profile of callgrind, as patterns: those of Rust and of the allocator. What is of libc has no section of its own.
fn functions(profile: &str) -> BTreeSet<String> {
    // A name stands where it comes first: at a function (`fn`) or at a call of it (`cfn`).
    let named = profile.lines().filter_map(|line| line.strip_prefix('c').unwrap_or(line).strip_prefix("fn=")?.split_once(") "));
    // A function that calls itself has a number behind its name.
    named
        .map(|(_, name)| name.split('\'').next().unwrap_or(name))
        .filter(|name| OURS.iter().any(|start| name.starts_with(start)))
        .map(pattern)
        .collect()
}

/// A mangled name with `*` for the hashes of crates, for references back into the name (a shorter hash moves them) and for numbers that
/// the optimiser adds. Source: [symbol mangling v0](https://doc.rust-lang.org/rustc/symbol-mangling/v0.html).
fn pattern(name: &str) -> String {
    let (name, numbered) = name.split_once(".llvm.").map_or((name, ""), |(name, _)| (name, ".llvm.*"));
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find(['B', 'C']) {
        let (before, tail) = rest.split_at(at);
        text.push_str(before);
        let (mark, longest) = if tail.starts_with("Cs") { ("Cs", 11) } else { (&tail[..1], 3) };
        let digits = tail[mark.len()..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let end = mark.len() + digits;
        text.push_str(mark);
        rest = if mark != "C" && digits <= longest && tail[end..].starts_with('_') {
            text.push('*');
            &tail[end..]
        } else {
            &tail[mark.len()..]
        };
    }
    text + rest + numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_builds_is_left_open() {
        let name = "_RNvMs2_NtCslNYArtu3iFV_5alloc7raw_vecNtB5_11RawVecInner10deallocateCsduwmD7cSIQq_5gimli";
        assert_eq!(pattern(name), "_RNvMs2_NtCs*_5alloc7raw_vecNtB*_11RawVecInner10deallocateCs*_5gimli");
        assert_eq!(pattern("_RNvC4main4Blue.llvm.123"), "_RNvC4main4Blue.llvm.*");
    }

    #[test]
    fn functions_of_rust_are_found_in_a_profile() {
        let profile = "events: Ir\nfn=(1) _RNvC4main3run'2\n0 5\ncfn=(2) _RNvC4main3end\nfn=(3) free\n";
        assert_eq!(functions(profile).into_iter().collect::<Vec<_>>(), ["_RNvC4main3end", "_RNvC4main3run"]);
    }
}
