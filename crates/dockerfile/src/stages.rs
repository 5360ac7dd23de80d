//! Stages, and the image that one of them builds: what its configuration says and what is copied into it.
//!
//! In: a [`Dockerfile`] and the arguments of a build. Out: an [`ImageConfig`], whose values are expanded. What a base image says
//! is not known here: a field that is `None` is the base image's. BuildKit: `dockerfile2llb`.

mod accounts;
mod evaluate;
mod expose;

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Span};

use crate::shell::{self, ExpandError, Lookup};
use crate::syntax::{Command, Dockerfile, From, Healthcheck, Instruction, Word};

pub use accounts::Accounts;
pub use expose::{Exposed, Protocol};

const NO_STAGE: Code = Code("dockerfile::no-stage");
const EXPANSION: Code = Code("dockerfile::expansion");
const BASE: Code = Code("dockerfile::base");
const ORDER: Code = Code("dockerfile::order");
const PORT: Code = Code("dockerfile::port");

/// A stage: a `FROM`, and the instructions up to the next one.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// From 0.
    pub index: usize,
    /// Its `FROM`.
    pub begin: &'a Instruction,
    /// What its `FROM` says.
    pub from: &'a From,
    /// Those that follow.
    pub instructions: &'a [Instruction],
}

impl Stage<'_> {
    /// True when `name` names it; case does not count.
    pub fn is_named(&self, name: &str) -> bool {
        self.from.name.as_ref().is_some_and(|own| own.text.eq_ignore_ascii_case(name))
    }

    /// The platform that it is built for, as written.
    pub fn platform(&self) -> Option<&Word> {
        self.begin.flag_value("platform")
    }
}

impl Dockerfile {
    /// The stages in order.
    pub fn stages(&self) -> Vec<Stage<'_>> {
        let mut stages: Vec<Stage<'_>> = Vec::new();
        for (at, instruction) in self.instructions.iter().enumerate() {
            if let Command::From(from) = &instruction.command {
                stages.push(Stage { index: stages.len(), begin: instruction, from, instructions: &[] });
            } else if let Some(stage) = stages.last_mut() {
                let begin = at - stage.instructions.len();
                stage.instructions = &self.instructions[begin..=at];
            }
        }
        stages
    }

    /// What stands before the first stage.
    fn preamble(&self) -> &[Instruction] {
        let end = self.instructions.iter().position(|instruction| matches!(instruction.command, Command::From(_)));
        &self.instructions[..end.unwrap_or(self.instructions.len())]
    }

    /// The image that a build makes; `None` when there is no such stage. The diagnostics say what the build would refuse.
    pub fn image(&self, build: &Build<'_>) -> (Option<ImageConfig>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let stages = self.stages();
        for instruction in self.preamble() {
            if !matches!(instruction.command, Command::Arg(_) | Command::Broken(_)) {
                diagnostics.push(
                    Diagnostic::error(ORDER, format!("`{}` stands before the first `FROM`", instruction.keyword.text))
                        .at(instruction.keyword.span)
                        .help("only `ARG` may"),
                );
            }
        }
        let Some(target) = target(&stages, build.target) else {
            let asked = build.target.unwrap_or_default();
            let names: Vec<String> =
                stages.iter().filter_map(|stage| stage.from.name.as_ref()).map(|name| format!("`{}`", name.text)).collect();
            let help =
                if names.is_empty() { "its stages have no names".to_owned() } else { format!("its stages are {}", names.join(", ")) };
            let message = if stages.is_empty() { "there is no stage".to_owned() } else { format!("there is no stage `{asked}`") };
            diagnostics.push(Diagnostic::error(NO_STAGE, message).at(self.instructions.first().map(|first| first.span)).help(help));
            return (None, diagnostics);
        };
        let expander = Expander { escape: self.escape, left: EXPANSION_LIMIT, diagnostics: &mut diagnostics };
        let config = evaluate::evaluate(self, &stages, target, build, expander);
        (Some(config), diagnostics)
    }
}

/// The stage of a name or number; the last one without.
fn target(stages: &[Stage<'_>], name: Option<&str>) -> Option<usize> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return stages.len().checked_sub(1) };
    let named = stages.iter().rposition(|stage| stage.is_named(name));
    named.or_else(|| name.parse().ok().filter(|index| *index < stages.len()))
}

/// What a build is asked for.
#[derive(Clone, Copy)]
pub struct Build<'a> {
    /// The stage; without one the last.
    pub target: Option<&'a str>,
    /// The values of `ARG` that are passed in.
    pub arguments: Lookup<'a>,
}

/// The image that a stage is built on, at the end of its chain of stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Scratch,
    /// An image, as it is named once variables are expanded.
    Image(Word),
    /// The name cannot be told; the place of what is written.
    Unknown(Span),
}

/// What an image runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The words, a shell's included; none: the image runs nothing of its own.
    pub words: Vec<SmolStr>,
    /// The script of the shell form.
    pub script: Option<SmolStr>,
    /// Where it is written.
    pub span: Span,
}

/// A health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The check.
    pub check: Healthcheck,
    /// Its instruction.
    pub span: Span,
}

/// Where copied files come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyFrom {
    /// The build's context.
    Context,
    /// A stage, by its index.
    Stage(usize),
    /// An image, or another context of this name.
    Other(SmolStr),
}

/// Files that `COPY` or `ADD` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where from.
    pub from: CopyFrom,
    /// Paths or patterns, relative to `from`. Heredocs are left out.
    pub sources: Vec<SmolStr>,
    /// Where to: an absolute, clean path.
    pub destination: SmolStr,
    /// The destination is a directory: it is written with `/` at its end, is one already, or there are several sources.
    pub into_directory: bool,
    /// `--parents`: the directories of a source are made under the destination.
    pub parents: bool,
    /// `ADD`: archives are unpacked and addresses fetched.
    pub is_add: bool,
    /// The instruction.
    pub span: Span,
}

/// What is known of the image that a stage builds. `None` and absence: as in the base image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageConfig {
    /// The image at the end of the chain.
    pub base: Base,
    /// The stages of the chain by index, the target first.
    pub chain: Vec<usize>,
    /// `ENV`, without the base image's.
    pub env: BTreeMap<SmolStr, Word>,
    /// `LABEL`.
    pub labels: BTreeMap<SmolStr, Word>,
    /// `EXPOSE`, in the order of the text.
    pub exposed: Vec<Exposed>,
    /// `VOLUME`, in the order of the text.
    pub volumes: Vec<Word>,
    /// `ENTRYPOINT`.
    pub entrypoint: Option<Process>,
    /// `CMD`. An `ENTRYPOINT` without a `CMD` in its stage takes away the one before: then it has no words.
    pub cmd: Option<Process>,
    /// `USER`.
    pub user: Option<Word>,
    /// The users and groups to which `RUN` gives a number.
    pub accounts: Accounts,
    /// `WORKDIR`, absolute.
    pub workdir: Option<Word>,
    /// `STOPSIGNAL`.
    pub stop_signal: Option<Word>,
    /// `SHELL`.
    pub shell: Option<Vec<Word>>,
    /// `HEALTHCHECK`.
    pub healthcheck: Option<Check>,
    /// What `COPY` and `ADD` bring, in the order of the text.
    pub copies: Vec<Copied>,
    /// A `RUN` has a script: there is a shell, and it may have made anything.
    pub runs_scripts: bool,
}

impl ImageConfig {
    /// True when the image runs what its base image runs.
    pub fn keeps_base_process(&self) -> bool {
        self.entrypoint.is_none() && self.cmd.is_none()
    }

    /// The name of the image at the end of the chain.
    pub fn base_image(&self) -> Option<&str> {
        match &self.base {
            Base::Image(image) => Some(&image.text),
            Base::Scratch | Base::Unknown(_) => None,
        }
    }
}

/// Bytes that all expanded words of a build may have together: each `ENV A1=$A$A` doubles what is there.
const EXPANSION_LIMIT: usize = 16 << 20;

/// Expands words, and reports those that cannot be.
struct Expander<'d> {
    escape: char,
    left: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Expander<'_> {
    /// Expands a word with these variables; `None` with a diagnostic when that fails.
    fn expand(&mut self, word: &Word, variable: Lookup<'_>) -> Option<shell::Expanded> {
        let expanded = shell::expand(&word.text, self.escape, variable)
            .and_then(|expanded| if expanded.text.len() > self.left { Err(ExpandError::TooLarge) } else { Ok(expanded) });
        match expanded {
            Ok(expanded) => {
                self.left -= expanded.text.len();
                Some(expanded)
            }
            Err(error) => {
                self.diagnostics.push(Diagnostic::error(EXPANSION, error.to_string()).at(word.span).because("the build stops here"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
