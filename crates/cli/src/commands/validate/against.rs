//! What is there already, for `--against`: the manifests of a directory, or those of the same paths at a commit of git.
#![expect(clippy::disallowed_methods, reason = "commits are read through git's own program")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use windlass_k8s::validation::{self, Input, Request};
use windlass_source::{Code, Diagnostic, FileSystem as _, MemoryFileSystem, normalize};

use crate::commands::{Shell, Stop};

/// Reads what the argument names. A path goes before a commit of the same name.
pub(super) fn load(argument: &str, paths: &[PathBuf], shell: &Shell) -> Result<Input, Stop> {
    if shell.files.metadata(Path::new(argument)).is_some() {
        return Ok(validation::load(&Request { paths: vec![argument.into()], standard_input: None }, &shell.files));
    }
    let refused = |reason: String| {
        let told = Diagnostic::error(Code("cli::argument"), format!("`{argument}` is no path, and no commit of git"));
        Stop::from(told.because(reason).help("name a directory of manifests, or a commit: `--against main`"))
    };
    let directory = &shell.environment.directory;
    let files = at_commit(argument, paths, directory).map_err(refused)?;
    Ok(validation::load(&Request { paths: paths.to_vec(), standard_input: None }, &files))
}

/// The files below the paths as a commit has them. Nothing is fetched.
fn at_commit(commit: &str, paths: &[PathBuf], directory: &Path) -> Result<MemoryFileSystem, String> {
    let output = Command::new("git")
        .args(["--no-optional-locks", "ls-tree", "-r", "-z", "--name-only", "--end-of-options", commit, "--"])
        .args(paths.iter().filter(|path| path.as_os_str() != "-"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git can't be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let names: Vec<&str> = output.stdout.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok()).collect();
    let is_read = |name: &&str| {
        let is_of_a_tool = name.ends_with("Kustomization");
        !name.contains('\n') && (is_of_a_tool || [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)))
    };
    contents(commit, names.into_iter().filter(is_read).collect(), directory).map_err(|error| format!("git: {error}"))
}

fn contents(commit: &str, names: Vec<&str>, directory: &Path) -> std::io::Result<MemoryFileSystem> {
    let mut files = MemoryFileSystem::new();
    let mut child = Command::new("git")
        .args(["--no-optional-locks", "cat-file", "--batch"])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Ok(files) };
    let mut output = BufReader::new(output);
    std::thread::scope(|scope| -> std::io::Result<()> {
        // Git answers while it is asked; neither may wait for the other.
        let asked = scope.spawn(|| names.iter().try_for_each(|name| writeln!(input, "{commit}:./{name}")).map(|()| drop(input)));
        for name in &names {
            let mut head = String::new();
            output.read_line(&mut head)?;
            // `HASH blob SIZE`; what is not there has no size.
            let Some(size) = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()) else { continue };
            let mut content = vec![0; size + 1];
            output.read_exact(&mut content)?;
            content.pop();
            files.insert(normalize(Path::new(name)), content, 0o644);
        }
        asked.join().unwrap_or(Ok(()))
    })?;
    child.wait()?;
    Ok(files)
}
