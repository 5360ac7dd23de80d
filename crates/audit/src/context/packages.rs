//! Installations of packages in shell commands: which manager, which packages, what pins them.

use super::dockerfile::{Run, StageContext};
use super::script::{ShellCommand, ShellWord};

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// Debian's `apt-get`, `apt`, `aptitude`.
    Apt,
    /// Alpine's `apk`.
    Apk,
    /// `yum`.
    Yum,
    /// `dnf`, `microdnf`, `tdnf`.
    Dnf,
    /// SUSE's `zypper`.
    Zypper,
    /// Python's `pip`.
    Pip,
    /// `npm`, `pnpm`.
    Npm,
    /// `yarn`.
    Yarn,
    /// Ruby's `gem`.
    Gem,
    /// `go install`, `go get`.
    Go,
    /// PHP's `pecl`, and `install-php-extensions`.
    Pecl,
    /// PHP's `composer`.
    Composer,
}

/// An installation.
#[derive(Clone, Debug)]
pub struct Install<'a> {
    /// By what.
    pub manager: Manager,
    /// The command.
    pub command: &'a ShellCommand,
    /// The word that says so: `install`, `add`.
    pub verb: &'a ShellWord,
    /// What is installed; empty: what a file lists.
    pub packages: Vec<&'a ShellWord>,
    /// The commands of the same script, which may set variables.
    script: &'a [ShellCommand],
}

/// Managers by the names of their programs, with the words that install and the options that take a word.
type Entry = (&'static [&'static str], Manager, &'static [&'static str], &'static [&'static str]);
const MANAGERS: [Entry; 11] = [
    (&["apt-get", "apt", "aptitude"], Manager::Apt, &["install"], &["-t", "--target-release", "--default-release", "-o", "--option", "-c"]),
    (
        &["apk"],
        Manager::Apk,
        &["add"],
        &["-t", "--virtual", "-X", "--repository", "-p", "--root", "--repositories-file", "--keys-dir", "--arch"],
    ),
    (
        &["yum"],
        Manager::Yum,
        &["install", "reinstall", "localinstall", "groupinstall"],
        &["-c", "--installroot", "--enablerepo", "--disablerepo", "-x"],
    ),
    (
        &["dnf", "microdnf", "tdnf"],
        Manager::Dnf,
        &["install", "reinstall"],
        &["-c", "--installroot", "--enablerepo", "--disablerepo", "-x", "--setopt", "--releasever", "--repo"],
    ),
    (&["zypper"], Manager::Zypper, &["install", "in"], &["-t", "--type", "-r", "--repo", "--from", "-R", "--root"]),
    (
        &["pip", "pip3", "pip2"],
        Manager::Pip,
        &["install"],
        &[
            "-r",
            "--requirement",
            "-c",
            "--constraint",
            "-i",
            "--index-url",
            "--extra-index-url",
            "-t",
            "--target",
            "--trusted-host",
            "-f",
            "--find-links",
            "--prefix",
            "--root",
            "--proxy",
            "--timeout",
            "--retries",
            "--cache-dir",
            "--platform",
            "--python-version",
            "--src",
            "-e",
            "--editable",
            "--global-option",
            "--only-binary",
            "--no-binary",
            "--progress-bar",
        ],
    ),
    (
        &["npm", "pnpm"],
        Manager::Npm,
        &["install", "i", "add"],
        &["--prefix", "--registry", "--loglevel", "-C", "--cache", "--omit", "--include", "-w", "--workspace"],
    ),
    (
        &["yarn"],
        Manager::Yarn,
        &["install", "add", "global"],
        &["--cwd", "--registry", "--network-timeout", "--cache-folder", "--modules-folder", "--mutex"],
    ),
    (
        &["gem"],
        Manager::Gem,
        &["install"],
        &["-v", "--version", "-i", "--install-dir", "-n", "--bindir", "-s", "--source", "-P", "--trust-policy"],
    ),
    (&["go"], Manager::Go, &["install", "get"], &["-tags", "-ldflags", "-gcflags", "-mod", "-C"]),
    (&["pecl"], Manager::Pecl, &["install"], &["-D", "--configureoptions", "-R"]),
];

impl Manager {
    /// True when a package's word names a version, or a file or address that does.
    pub fn is_pinned(self, word: &ShellWord) -> bool {
        let text = word.text.as_str();
        // What a variable holds is not known: `curl=$VERSION` is pinned, `$PACKAGES` may be.
        if text.starts_with('$') || text.contains("://") {
            return true;
        }
        let version_after = |mark: char| {
            text.match_indices(mark).any(|(at, _)| text[at + 1..].starts_with(|next: char| next.is_ascii_digit() || next == '$'))
        };
        match self {
            Self::Apt => text.contains(['=', '/']) || text.ends_with(".deb"),
            Self::Apk => text.contains(['=', '~', '<', '>', '/']) || text.starts_with('.'),
            Self::Yum | Self::Dnf => version_after('-') || text.contains('/') || text.ends_with(".rpm") || text.starts_with('@'),
            Self::Zypper => text.contains(['=', '<', '>', '/']) || text.ends_with(".rpm"),
            Self::Pip => {
                text.contains(['=', '<', '>', '~', '@', '/', '*']) || text.starts_with('.') || text.ends_with(".whl") || word.has_variable
            }
            Self::Npm | Self::Yarn => {
                text.trim_start_matches('@').contains('@') || text.starts_with(['.', '/']) || text.contains(".tgz") || text.contains("git+")
            }
            Self::Gem => text.contains(':') || text.ends_with(".gem"),
            Self::Go => {
                text.starts_with('.') || text.split_once('@').is_some_and(|(_, version)| version != "latest") || !text.contains('.')
            }
            Self::Pecl => version_after('-') || version_after('^') || word.has_variable || text.contains('/') || text.ends_with(".tgz"),
            Self::Composer => text.contains(':'),
        }
    }
}

impl ShellCommand {
    /// The installation that the command is.
    pub fn install(&self) -> Option<Install<'_>> {
        let program = self.program();
        let arguments = self.arguments();
        // `python3 -m pip install`.
        if program.starts_with("python")
            && let Some(at) = arguments.iter().position(|word| word.text == "pip")
            && at > 0
            && arguments[at - 1].text == "-m"
        {
            let (_, manager, verbs, values) = MANAGERS.iter().find(|entry| entry.1 == Manager::Pip)?;
            return installed(self, &arguments[at + 1..], *manager, verbs, values);
        }
        if program == "install-php-extensions" {
            let packages: Vec<_> = arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
            return Some(Install { manager: Manager::Pecl, command: self, verb: packages.first().copied()?, packages, script: &[] });
        }
        if program == "composer" || (program == "php" && arguments.first().is_some_and(|word| word.text.ends_with("composer.phar"))) {
            let rest = if program == "php" { &arguments[1..] } else { arguments };
            return installed(self, rest, Manager::Composer, &["install", "require", "create-project"], &["-d", "--working-dir"]);
        }
        let (_, manager, verbs, values) = MANAGERS.iter().find(|(programs, ..)| programs.contains(&program))?;
        installed(self, arguments, *manager, verbs, values)
    }
}

fn installed<'a>(
    command: &'a ShellCommand,
    arguments: &'a [ShellWord],
    manager: Manager,
    verbs: &[&str],
    values: &[&str],
) -> Option<Install<'a>> {
    let mut operands = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if values.contains(&word.text.as_str()) {
            words.next();
        } else if !word.text.starts_with('-') {
            operands.push(word);
        }
    }
    let verb = *operands.first()?;
    let skips = usize::from(verb.text == "global") + 1;
    verbs.contains(&verb.text.as_str()).then(|| Install {
        manager,
        command,
        verb,
        packages: operands.split_off(skips.min(operands.len())),
        script: &[],
    })
}

impl<'a> Install<'a> {
    /// The packages without a version; empty where options name one for all.
    pub fn unpinned(&self) -> Vec<&'a ShellWord> {
        let pins_all = match self.manager {
            Manager::Apt => self.command.has_flag(&["-t", "--target-release", "--default-release"]),
            Manager::Pip => self.command.has_flag(&["-r", "--requirement", "-c", "--constraint"]),
            Manager::Gem => self.command.has_flag(&["-v", "--version"]),
            // Where packages come from is what a repository's snapshot says.
            Manager::Apk => self.command.has_flag(&["-X", "--repository"]),
            _ => false,
        };
        let is_unpinned = |word: &&ShellWord| match self.value_of(word) {
            // `PACKAGES="curl git"` in the same script: one without a version is enough.
            Some(value) => value.split_whitespace().any(|name| {
                let name = ShellWord { text: name.into(), has_variable: name.contains('$'), ..(*word).clone() };
                !name.text.starts_with('-') && !self.manager.is_pinned(&name)
            }),
            None => !self.manager.is_pinned(word),
        };
        if pins_all { Vec::new() } else { self.packages.iter().copied().filter(is_unpinned).collect() }
    }

    /// What the script gives to the variable that a word consists of.
    fn value_of(&self, word: &ShellWord) -> Option<&'a str> {
        let name = word.text.strip_prefix('$')?;
        let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
        let assignments = self.script.iter().flat_map(|command| &command.assignments);
        assignments.filter_map(|word| word.text.split_once('=')).find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Names for a message: up to four, then how many more.
    pub fn names(words: &[&ShellWord]) -> String {
        let named: Vec<String> = words.iter().take(4).map(|word| format!("`{}`", word.text)).collect();
        match words.len().checked_sub(4) {
            Some(more) if more > 0 => format!("{} and {more} more", named.join(", ")),
            _ => named.join(", "),
        }
    }
}

impl<'a> StageContext<'a> {
    /// The installations of its `RUN` instructions.
    pub fn installs(self) -> impl Iterator<Item = (Run<'a>, Install<'a>)> {
        self.runs().flat_map(|run| {
            run.commands.iter().filter_map(move |command| Some((run, Install { script: run.commands, ..command.install()? })))
        })
    }

    /// The installations of one of these managers.
    pub fn installs_with(self, managers: &'a [Manager]) -> impl Iterator<Item = (Run<'a>, Install<'a>)> {
        self.installs().filter(|(_, install)| managers.contains(&install.manager))
    }
}

impl StageContext<'_> {
    /// A lock file of npm lies in the build's context, or the context was not walked.
    pub fn is_lock_there(self) -> bool {
        let context = self.dockerfile().build_context();
        let repository = self.context().repository();
        let lies_there = |name: &str| repository.at(&context.join(name)).is_some();
        lies_there("package-lock.json") || lies_there("npm-shrinkwrap.json") || !lies_there("package.json")
    }
}
