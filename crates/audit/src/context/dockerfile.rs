//! Dockerfiles and their stages as rules see them, with the commands of `RUN` taken apart.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use windlass_dockerfile::stages::Stage;
use windlass_dockerfile::{Command, CommandLine, Dockerfile, IgnoreFile, Instruction, Word};
use windlass_images::{Image, Reference, catalogue};
use windlass_source::{FileId, Span};

use super::Context;
use super::environment::{Environment, EnvironmentKind};
use super::script::{self, ShellCommand};
use super::service::ServiceContext;
use crate::severity::{Grade, Severity};

/// A Dockerfile that was read.
#[derive(Debug)]
pub(crate) struct DockerfileEntry {
    /// As people name it.
    pub(crate) path: String,
    pub(crate) file: FileId,
    pub(crate) dockerfile: Dockerfile,
    /// The directory that its builds read, absolute.
    pub(crate) build_context: PathBuf,
    pub(crate) ignore: Option<(FileId, IgnoreFile)>,
    pub(crate) environment: Environment,
    /// The services that build it, by stack and place.
    pub(crate) used_by: Vec<(usize, usize)>,
    /// The stages that are shipped: the last one, or those that services ask for.
    pub(crate) targets: Vec<usize>,
    /// The commands of instructions that run one, by the instruction's first byte.
    pub(crate) scripts: BTreeMap<u32, Vec<ShellCommand>>,
}

/// A Dockerfile. Dereferences to its tree.
#[derive(Clone, Copy, Debug)]
pub struct DockerfileContext<'a> {
    context: &'a Context,
    index: usize,
}

/// A stage of a Dockerfile. Dereferences to the stage of its tree.
#[derive(Clone, Copy, Debug)]
pub struct StageContext<'a> {
    dockerfile: DockerfileContext<'a>,
    stage: Stage<'a>,
}

/// A `RUN` and its commands.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The instruction.
    pub instruction: &'a Instruction,
    /// Its commands in order, of heredocs too.
    pub commands: &'a [ShellCommand],
}

impl Deref for DockerfileContext<'_> {
    type Target = Dockerfile;

    fn deref(&self) -> &Dockerfile {
        self.tree()
    }
}

impl<'a> Deref for StageContext<'a> {
    type Target = Stage<'a>;

    fn deref(&self) -> &Stage<'a> {
        &self.stage
    }
}

impl<'a> DockerfileContext<'a> {
    pub(crate) fn new(context: &'a Context, index: usize) -> Self {
        Self { context, index }
    }

    pub(crate) fn entry(self) -> &'a DockerfileEntry {
        &self.context.dockerfiles[self.index]
    }

    /// All that is audited.
    pub fn context(self) -> &'a Context {
        self.context
    }

    /// As people name it.
    pub fn path(self) -> &'a str {
        &self.entry().path
    }

    /// Its text in the source map.
    pub fn file_id(self) -> FileId {
        self.entry().file
    }

    /// Its tree; the same as dereferencing, with the context's lifetime.
    pub fn tree(self) -> &'a Dockerfile {
        &self.entry().dockerfile
    }

    /// The directory that its builds read, absolute.
    pub fn build_context(self) -> &'a Path {
        &self.entry().build_context
    }

    /// The `.dockerignore` of its builds and the file's id.
    pub fn ignore_file(self) -> Option<(FileId, &'a IgnoreFile)> {
        self.entry().ignore.as_ref().map(|(file, ignore)| (*file, ignore))
    }

    /// Its stages in order.
    pub fn stages(self) -> impl Iterator<Item = StageContext<'a>> {
        self.tree().stages().into_iter().map(move |stage| StageContext { dockerfile: self, stage })
    }

    /// The last stage: what a build without a target makes.
    pub fn last_stage(self) -> Option<StageContext<'a>> {
        self.stages().last()
    }

    /// The services that build it.
    pub fn services(self) -> impl Iterator<Item = ServiceContext<'a>> {
        let stacks = move |stack: usize| super::StackContext::new(self.context, stack);
        self.entry().used_by.iter().map(move |(stack, service)| ServiceContext::new(stacks(*stack), *service))
    }

    /// Development or production: production when any stack that builds it is; else by its name.
    pub fn environment(self) -> &'a Environment {
        &self.entry().environment
    }

    /// Its image is used where people are, or nothing says that it is for development.
    pub fn is_production(self) -> bool {
        self.environment().kind == EnvironmentKind::Production
    }

    /// `severity`, one lower when its image is for development.
    pub fn grade(self, severity: Severity) -> Grade {
        if self.is_production() {
            return severity.into();
        }
        Grade::new(severity.lower(), format!("the image is for development: {}", self.environment().because))
    }

    /// The commands of an instruction that runs one (`RUN`, `CMD`, `ENTRYPOINT`, `HEALTHCHECK`); empty for others.
    pub fn commands(self, instruction: &Instruction) -> &'a [ShellCommand] {
        self.entry().scripts.get(&instruction.span.start).map_or(&[], Vec::as_slice)
    }
}

impl<'a> StageContext<'a> {
    /// The Dockerfile that it is a stage of.
    pub fn dockerfile(self) -> DockerfileContext<'a> {
        self.dockerfile
    }

    /// All that is audited.
    pub fn context(self) -> &'a Context {
        self.dockerfile.context
    }

    /// Its instructions after `FROM`, with the context's lifetime.
    pub fn body(self) -> &'a [Instruction] {
        self.stage.instructions
    }

    /// An image of this stage is run: it is the last one, or a service's target. What other stages hold is not shipped.
    pub fn is_shipped(self) -> bool {
        self.dockerfile.entry().targets.contains(&self.stage.index)
    }

    /// Its layers are in an image that is run: it is shipped, or a shipped stage is built on it.
    pub fn is_in_shipped_chain(self) -> bool {
        let stages: Vec<_> = self.dockerfile.tree().stages();
        let mut pending: Vec<usize> = self.dockerfile.entry().targets.clone();
        while let Some(index) = pending.pop() {
            if index == self.stage.index {
                return true;
            }
            let Some(stage) = stages.get(index) else { continue };
            let below = stages[..index].iter().rposition(|other| other.is_named(&stage.from.image.text));
            pending.extend(below);
        }
        false
    }

    /// The earlier stage that it is built on.
    pub fn parent(self) -> Option<StageContext<'a>> {
        let name = &self.stage.from.image.text;
        self.dockerfile.stages().take(self.stage.index).filter(|other| other.stage.is_named(name)).last()
    }

    /// The base image's reference; `None` for `scratch`, an earlier stage, or a name that variables make.
    pub fn base(self) -> Option<Reference> {
        let name = self.stage.from.image.as_str();
        if name == "scratch" || name.contains('$') || self.parent().is_some() {
            return None;
        }
        Reference::parse(name).ok()
    }

    /// What is known of its base image.
    pub fn base_image(self) -> Option<&'static Image> {
        catalogue::find(&self.base()?)
    }

    /// Its `RUN` instructions with their commands.
    pub fn runs(self) -> impl Iterator<Item = Run<'a>> {
        let runs = self.body().iter().filter(|instruction| matches!(instruction.command, Command::Run(_)));
        runs.map(move |instruction| Run { instruction, commands: self.dockerfile.commands(instruction) })
    }

    /// True when its `RUN` instructions are PowerShell's or those of Windows' command line.
    pub fn has_other_shell(self) -> bool {
        let is_other = |word: &Word| ["pwsh", "powershell", "cmd"].iter().any(|shell| word.text.to_ascii_lowercase().contains(shell));
        let sets = |instruction: &Instruction| matches!(&instruction.command, Command::Shell(words) if words.first().is_some_and(is_other));
        let stages = std::iter::successors(Some(self), |stage| stage.parent());
        self.dockerfile.escape == '`' || stages.into_iter().any(|stage| stage.body().iter().any(sets))
    }

    /// Every command of its `RUN` instructions.
    pub fn commands(self) -> impl Iterator<Item = &'a ShellCommand> {
        self.runs().flat_map(|run| run.commands)
    }

    /// Its last instruction of a kind: `stage.last(|command| matches!(command, Command::User(_)))`.
    pub fn last(self, is_wanted: impl Fn(&Command) -> bool) -> Option<&'a Instruction> {
        self.body().iter().rfind(|instruction| is_wanted(&instruction.command))
    }

    /// The place of its `FROM`, where something that it lacks is reported.
    pub fn from_span(self) -> Span {
        self.stage.begin.span
    }

    /// `severity`, one lower when the image is for development.
    pub fn grade(self, severity: Severity) -> Grade {
        self.dockerfile.grade(severity)
    }
}

/// The commands of every instruction that runs one, `ONBUILD` left out.
pub(super) fn scripts(dockerfile: &Dockerfile) -> BTreeMap<u32, Vec<ShellCommand>> {
    let mut scripts = BTreeMap::new();
    for instruction in &dockerfile.instructions {
        let line = match &instruction.command {
            Command::Run(line) | Command::Cmd(line) | Command::Entrypoint(line) => line,
            Command::Healthcheck(windlass_dockerfile::Healthcheck::Check { test, .. }) => test,
            _ => continue,
        };
        let mut commands = match line {
            CommandLine::Exec(words) => script::exec(words),
            CommandLine::Shell(script) => script::shell(dockerfile.slice(script.span), script.span, dockerfile.escape),
        };
        // `RUN <<EOF` and `RUN sh <<EOF`; other programs read other languages.
        let is_shell = |command: &ShellCommand| matches!(command.program(), "sh" | "bash" | "ash" | "dash");
        if commands.iter().all(is_shell) {
            for heredoc in &instruction.heredocs {
                commands.extend(script::body(dockerfile.slice(heredoc.body), heredoc.body));
            }
        }
        scripts.insert(instruction.span.start, commands);
    }
    scripts
}
