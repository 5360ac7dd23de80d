//! A shell script that runs apart from the rest of the machine: with a network, processes and mounts of its own, which end with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use windlass_testkit::workspace;

/// Runs `script` as the first process of its namespaces (`unshare`); the kernel ends what it leaves, and all of it when the test
/// ends first. A caller that is not root is itself in there, with the rights that namespaces give.
pub fn command(script: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "unshare", "--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]);
    if !nix::unistd::geteuid().is_root() {
        command.args(["--user", "--map-current-user", "--keep-caps"]);
    }
    command.arg("sh").arg(script);
    command
}

/// Why there is none on this machine, if so. `needs` are commands that the scripts use.
pub fn missing(needs: &[&str]) -> Option<String> {
    let script = directory("sandbox").join("script");
    let needs = needs.iter().map(|program| format!(" && command -v {program} >/dev/null")).collect::<String>();
    fs::write(&script, format!("ip link set lo up{needs}\n")).expect("writable");
    match command(&script).output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("no namespaces, or a program is missing ({needs}): {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Some(format!("setpriv: {error}")),
    }
}

/// An empty directory for what a script needs and leaves.
pub fn directory(name: &str) -> PathBuf {
    let directory = workspace().join("target/sandbox").join(name);
    drop(fs::remove_dir_all(&directory));
    fs::create_dir_all(&directory).expect("writable");
    directory
}

/// A word as the shell takes it literally.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
