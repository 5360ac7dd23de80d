//! Python's virtual environments, for tools that are Python packages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace;

/// The interpreter of a virtual environment in `target/tools` that has what the requirements name.
pub(crate) fn environment(name: &str, requirements: &Path) -> anyhow::Result<PathBuf> {
    let wanted = fs::read_to_string(requirements)?;
    let tools = workspace().join("target/tools");
    fs::create_dir_all(&tools)?;
    // Tests run side by side, in one process and in several; the first one installs, the others wait.
    let lock = File::create(tools.join(format!("{name}.lock")))?;
    lock.lock()?;

    let environment = tools.join(name);
    let python = environment.join("bin/python");
    let installed = environment.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements))?;
    fs::write(installed, wanted)?;
    Ok(python)
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().map_err(|error| anyhow::anyhow!("can't start {:?}: {error}", command.get_program()))?;
    anyhow::ensure!(output.status.success(), "{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}
