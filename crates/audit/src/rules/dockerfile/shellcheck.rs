//! DF081 shellcheck.

use windlass_dockerfile::{Command, CommandLine};

use crate::context::{ShellWord, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A script of `RUN` splits what should stay whole, or hides that a command failed.
    ///
    /// Looked for are: what a command prints, or a variable that holds it, without quotes; `export A=$(command)`; backticks. Words that are split on purpose, as a list of packages is, and what commands print that never has a space (`uname`, `nproc`), are passed over. A shell checker finds more.
    ///
    /// ## Why
    /// Without quotes a value with a space becomes two words, and an empty one none. `export` succeeds whatever its command did, so `set -e` does not end the build.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN export HOME_DIR="$(getent passwd app | cut -d: -f6)" && mkdir -p "$HOME_DIR"
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN HOME_DIR="$(getent passwd app | cut -d: -f6)" && export HOME_DIR && mkdir -p "$HOME_DIR"
    /// ```
    pub(crate) static RULE = {
        id: "DF081", slug: "shellcheck", control: ShellCommands, severity: P3,
        aliases: ["hadolint:SC2006", "hadolint:SC2046", "hadolint:SC2086", "hadolint:SC2155"],
        effort: 5,
        check: Stage(check),
    }
}

/// Programs that get lists of words on purpose.
const TAKES_LISTS: [&str; 20] = [
    "apk",
    "apt",
    "apt-get",
    "apt-mark",
    "cargo",
    "conda",
    "dnf",
    "docker-php-ext-enable",
    "docker-php-ext-install",
    "for",
    "gem",
    "microdnf",
    "npm",
    "pecl",
    "pip",
    "pip3",
    "set",
    "xargs",
    "yum",
    "zypper",
];
/// Programs whose output has no spaces, or is there or not on purpose: `$(test -n "$A" && echo --with-a)`.
const ONE_WORD: [&str; 18] = [
    "[",
    "echo",
    "printf",
    "test",
    "arch",
    "basename",
    "date",
    "dirname",
    "dpkg",
    "dpkg-architecture",
    "id",
    "mktemp",
    "nproc",
    "sha256sum",
    "tty",
    "uname",
    "wc",
    "whoami",
];

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if stage.has_other_shell() {
        return findings.not_applicable();
    }
    // Of `["sh", "-c", "…"]` the places within the script are not known.
    for run in stage.runs().filter(|run| matches!(&run.instruction.command, Command::Run(CommandLine::Shell(_)))) {
        // What commands of this script print, by the variable that holds it.
        let mut printed: Vec<&str> = Vec::new();
        for command in run.commands {
            let raw = |word: &ShellWord| stage.dockerfile().context().slice(word.span);
            for assignment in &command.assignments {
                if let Some((name, value)) = raw(assignment).split_once('=')
                    && value.trim_start_matches('"').starts_with(['$', '`'])
                    && prints_words(value)
                {
                    printed.push(name);
                }
            }
            let program = command.program();
            if matches!(program, "export" | "declare" | "readonly" | "local") {
                let hides =
                    |word: &&ShellWord| raw(word).split_once('=').is_some_and(|(_, value)| value.contains("$(") || value.contains('`'));
                if let Some(word) = command.arguments().iter().find(hides) {
                    findings.report(word.span, format!("`{program}` succeeds whatever its command did")).help("assign first, then export");
                }
                continue;
            }
            if TAKES_LISTS.contains(&program) {
                continue;
            }
            for word in command.arguments() {
                let raw = raw(word);
                let Some(part) = bare(raw).find(|part| match part {
                    Bare::Output(command) => prints_words(command),
                    Bare::Variable(name) => printed.contains(name),
                }) else {
                    continue;
                };
                let message = match part {
                    Bare::Output(_) => "what a command prints is split into words".to_owned(),
                    Bare::Variable(name) => format!("`{name}`, which a command printed, is split into words"),
                };
                findings.report(word.span, message).help("put it into double quotes");
            }
        }
    }
}

/// What a shell splits into words: it stands outside of quotes.
enum Bare<'a> {
    /// The command of `$(command)` or of backticks.
    Output(&'a str),
    /// `$NAME`, `${NAME}`.
    Variable(&'a str),
}

/// The parts of a word that are split.
fn bare(word: &str) -> impl Iterator<Item = Bare<'_>> {
    let mut rest = word;
    let mut is_quoted = false;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(['\\', '\'', '"', '$', '`'])?;
            let (letter, after) = (rest.as_bytes()[at], &rest[at + 1..]);
            match letter {
                b'\\' => rest = after.get(after.chars().next().map_or(0, char::len_utf8)..)?,
                b'\'' if !is_quoted => rest = &after[after.find('\'')? + 1..],
                b'\'' => rest = after,
                b'"' => {
                    is_quoted = !is_quoted;
                    rest = after;
                }
                b'`' => {
                    let end = after.find('`')?;
                    rest = &after[end + 1..];
                    if !is_quoted {
                        return Some(Bare::Output(&after[..end]));
                    }
                }
                _ => {
                    let (part, len) = expansion(after)?;
                    rest = &after[len..];
                    if let Some(part) = part.filter(|_| !is_quoted) {
                        return Some(part);
                    }
                }
            }
        }
    })
}

/// What stands behind a `$`, and how long it is. Arithmetic, numbers and signs are never split.
fn expansion(after: &str) -> Option<(Option<Bare<'_>>, usize)> {
    if let Some(command) = after.strip_prefix('(') {
        let mut depth = 1;
        let end = command.bytes().position(|byte| {
            depth += i32::from(byte == b'(') - i32::from(byte == b')');
            depth == 0
        })?;
        let part = (!command.starts_with('(')).then(|| Bare::Output(&command[..end]));
        return Some((part, end + 2));
    }
    let braced = after.strip_prefix('{');
    let name = braced.unwrap_or(after);
    let len = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let part = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_').then(|| Bare::Variable(&name[..len]));
    let end = match braced {
        Some(inner) => inner.find('}')? + 2,
        None => len,
    };
    Some((part, end))
}

/// The command prints something that may have several words, or none.
fn prints_words(value: &str) -> bool {
    let value = value.trim_start_matches('"');
    let command = value.strip_prefix("$(").or_else(|| value.strip_prefix('`')).unwrap_or(value);
    let program = command.split_whitespace().next().unwrap_or_default();
    !ONE_WORD.contains(&program.rsplit('/').next().unwrap_or(program))
}
