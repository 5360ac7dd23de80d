//! BusyBox as its image has it: built from Debian's source with the default configuration. Debian's own binary leaves options out
//! that the image has (`nc -z`), so it can't stand in for it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::control_plane::cache;

/// The program, or `None` after printing why it is absent.
pub fn busybox() -> Option<PathBuf> {
    let found = Some(path()).filter(|path| path.is_file());
    if found.is_none() {
        println!("skipped: there is no busybox: run `cargo xtask control-plane` on a Debian with gcc and make");
    }
    found
}

fn path() -> PathBuf {
    cache().join("busybox/busybox")
}

/// Builds it into the user's cache unless it is there; `None` where there is no apt, gcc or make.
///
/// # Errors
/// When the source can't be fetched or the build fails.
pub fn build_busybox() -> anyhow::Result<Option<PathBuf>> {
    let binary = path();
    if binary.is_file() {
        return Ok(Some(binary));
    }
    let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !["apt-get", "gcc", "make"].into_iter().all(is_there) {
        return Ok(None);
    }
    let directory = binary.parent().context("the cache has a directory")?;
    fs::create_dir_all(directory.join("lists/partial"))?;
    let lock = File::create(directory.join("lock"))?;
    lock.lock()?;
    let source = directory.join("source");
    if source.exists() {
        fs::remove_dir_all(&source)?;
    }
    fs::create_dir_all(&source)?;
    // Lists of their own, since the system's may have no sources.
    fs::write(directory.join("lists.sources"), sources()?)?;
    let options = [
        format!("Dir::Etc::SourceList={}", directory.join("lists.sources").display()),
        "Dir::Etc::SourceParts=-".to_owned(),
        format!("Dir::State::Lists={}", directory.join("lists").display()),
    ];
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").args(options.iter().flat_map(|option| ["-o", option])).arg("-qq").args(arguments), &source)
    };
    apt(&["update"])?;
    apt(&["source", "--download-only", "busybox"])?;
    let archive = fs::read_dir(&source)?.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().contains(".orig.tar"));
    run(Command::new("tar").args(["--strip-components=1", "-xf"]).arg(archive.context("no archive was fetched")?), &source)?;
    run(Command::new("make").arg("defconfig"), &source)?;
    // Newer kernels' headers lack what this one is written for.
    let configuration = fs::read_to_string(source.join(".config"))?;
    fs::write(source.join(".config"), configuration.replace("CONFIG_TC=y", "# CONFIG_TC is not set"))?;
    run(Command::new("make").args(["-j2", "busybox"]), &source)?;
    fs::rename(source.join("busybox"), &binary)?;
    fs::remove_dir_all(&source)?;
    Ok(Some(binary))
}

/// Debian's entries of the system's package lists, asking for sources.
fn sources() -> anyhow::Result<String> {
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut text = String::new();
    for path in parts.chain(["/etc/apt/sources.list".into()]) {
        let content = fs::read_to_string(&path).unwrap_or_default();
        // An entry is a line, or a paragraph where the file is a `.sources`.
        let entries = content.split(if path.extension().is_some_and(|extension| extension == "sources") { "\n\n" } else { "\n" });
        for entry in entries.filter(|entry| entry.contains("/debian")) {
            let field = |name: &str| entry.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
            let stanza = match (field("URIs"), field("Suites"), field("Components")) {
                (Some(uri), Some(suites), Some(components)) => Some((uri, suites, components, field("Signed-By"))),
                _ => entry.strip_prefix("deb ").and_then(|line| {
                    let (options, line) = line.strip_prefix('[').and_then(|line| line.split_once("] ")).unwrap_or(("", line));
                    let (uri, rest) = line.split_once(' ')?;
                    let (suite, components) = rest.split_once(' ')?;
                    let keys = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
                    Some((uri, suite, components, keys))
                }),
            };
            if let Some((uri, suites, components, keys)) = stanza {
                let signed = keys.map_or(String::new(), |keys| format!("Signed-By: {keys}\n"));
                text += &format!("Types: deb-src\nURIs: {uri}\nSuites: {suites}\nComponents: {components}\n{signed}\n");
            }
        }
    }
    if text.is_empty() {
        bail!("the package lists of this system name no Debian archive");
    }
    Ok(text)
}

fn run(command: &mut Command, directory: &Path) -> anyhow::Result<()> {
    let output = command.current_dir(directory).output().with_context(|| format!("can't start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
