//! The binary, as a person at a shell meets it. Each file of `tests/cli/` is a transcript that is replayed in an empty directory
//! with an empty environment; `WINDLASS_UPDATE=1` rewrites what was answered.
//!
//! ```text
//! Words about the case.
//!
//! $ windlass convert -f compose.yaml
//! > --strict
//! standard output
//! ! standard error
//! ? 1
//! ```
//!
//! Lines after `$` are given to `sh`, `>` continues them, `?` is the exit code when it is not 0.
#![expect(clippy::disallowed_methods, reason = "replays transcripts with the real binary")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn transcripts_are_what_the_binary_answers() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cli");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&directory).expect("tests/cli exists").map(|entry| entry.expect("readable").path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    cases.sort();
    assert!(!cases.is_empty(), "no transcripts in {}", directory.display());
    let wrong: Vec<_> = cases.iter().filter_map(|path| check(path)).collect();
    assert!(wrong.is_empty(), "run again with WINDLASS_UPDATE=1 if the new answers are right\n{}", wrong.join("\n"));
}

/// What is answered otherwise than written.
fn check(path: &Path) -> Option<String> {
    let written = fs::read_to_string(path).expect("a transcript is text");
    let answered = replay(&written);
    if answered == written {
        return None;
    }
    if std::env::var_os("WINDLASS_UPDATE").is_some() {
        fs::write(path, answered).expect("writable");
        return None;
    }
    Some(format!("{}\n{}", path.display(), difference(&written, &answered)))
}

/// The transcript with the answers of this binary.
fn replay(transcript: &str) -> String {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    // Its name is that of the project.
    let directory = temporary.path().join("shop");
    fs::create_dir(&directory).expect("writable");
    let mut lines = transcript.lines().peekable();
    let mut answered = String::new();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else {
            let _ = writeln!(answered, "{line}");
            continue;
        };
        let mut command = first.to_owned();
        let _ = writeln!(answered, "{line}");
        while let Some(more) = lines.next_if(|line| line.starts_with('>')) {
            command.push('\n');
            command.push_str(more.strip_prefix("> ").unwrap_or_default());
            let _ = writeln!(answered, "{more}");
        }
        // The old answer ends at an empty line, or at the next command.
        while lines.next_if(|line| !line.is_empty() && !line.starts_with("$ ")).is_some() {}
        run(&command, &directory, &mut answered);
    }
    answered
}

fn run(command: &str, directory: &Path, answered: &mut String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_windlass")).parent().expect("a binary has a directory");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).current_dir(directory).env_clear().stdin(Stdio::null());
    shell.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display())).env("LC_ALL", "C");
    let output = shell.output().expect("sh runs");
    let place = directory.canonicalize().expect("it exists").display().to_string();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&place, "DIR");
    // An empty line would end the answer.
    let line = |line: &str| if line.is_empty() { "." } else { line }.to_owned();
    for out in text(&output.stdout).lines() {
        let _ = writeln!(answered, "{}", line(out));
    }
    for told in text(&output.stderr).trim_end().lines() {
        let _ = writeln!(answered, "{}", format!("! {told}").trim_end());
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => drop(writeln!(answered, "? {code}")),
        None => drop(writeln!(answered, "? {}", output.status)),
    }
}

/// From the first line that differs to the last.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let removed = old[same..old.len() - tail].iter().map(|line| format!("-{line}\n"));
    let added = new[same..new.len() - tail].iter().map(|line| format!("+{line}\n"));
    removed.chain(added).collect()
}
