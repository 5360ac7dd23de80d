//! The instructions of a chain of stages, in order, upon a configuration.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;
use windlass_source::{Diagnostic, Span, clean};

use super::{Accounts, BASE, Base, Build, Check, Copied, CopyFrom, Expander, ImageConfig, PORT, Process, Stage, expose};
use crate::shell;
use crate::syntax::{Argument, Command, CommandLine, Copy, Dockerfile, Instruction, Word};

/// Names that have a value without being passed in, for a build on and for the usual platform.
const PLATFORM: [(&str, &str); 9] = [
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDOS", "linux"),
    ("BUILDARCH", "amd64"),
    ("BUILDVARIANT", ""),
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETOS", "linux"),
    ("TARGETARCH", "amd64"),
    ("TARGETVARIANT", ""),
    ("TARGETSTAGE", "default"),
];

type Scope = BTreeMap<SmolStr, SmolStr>;

/// What a stage is built on.
#[derive(Clone)]
enum Parent {
    Stage(usize),
    Base(Base),
}

pub(super) fn evaluate(
    dockerfile: &Dockerfile,
    stages: &[Stage<'_>],
    target: usize,
    build: &Build<'_>,
    mut expander: Expander<'_>,
) -> ImageConfig {
    let globals = globals(dockerfile, build, &mut expander);
    let mut chain = vec![target];
    let base = loop {
        let stage = chain.last().copied().unwrap_or(target);
        match parent(stages, stage, &globals, &mut expander) {
            // Only earlier stages are found, so the chain ends.
            Parent::Stage(earlier) => chain.push(earlier),
            Parent::Base(base) => break base,
        }
    };
    let config = ImageConfig {
        base,
        chain: chain.clone(),
        env: BTreeMap::new(),
        labels: BTreeMap::new(),
        exposed: Vec::new(),
        volumes: Vec::new(),
        entrypoint: None,
        cmd: None,
        user: None,
        accounts: Accounts::default(),
        workdir: None,
        stop_signal: None,
        shell: None,
        healthcheck: None,
        copies: Vec::new(),
        runs_scripts: false,
    };
    let mut evaluation = Evaluation { dockerfile, build, stages, globals, scope: Scope::new(), config, has_cmd: false, expander };
    let mut triggers: Vec<&Instruction> = Vec::new();
    for index in chain.into_iter().rev() {
        let Some(stage) = stages.get(index) else { continue };
        evaluation.has_cmd = false;
        for instruction in std::mem::take(&mut triggers).into_iter().chain(stage.instructions) {
            match &instruction.command {
                Command::Onbuild(inner) => triggers.push(inner),
                _ => evaluation.instruction(instruction),
            }
        }
    }
    let mut config = evaluation.config;
    let mut seen = BTreeSet::new();
    config.volumes.retain(|volume| seen.insert(volume.text.clone()));
    config
}

/// The arguments that `FROM` sees, and that an `ARG` of a stage takes its value from.
fn globals(dockerfile: &Dockerfile, build: &Build<'_>, expander: &mut Expander<'_>) -> Scope {
    let value = |name: &str, default: &str| (build.arguments)(name).unwrap_or_else(|| default.into());
    let mut globals: Scope = PLATFORM.iter().map(|(name, default)| (SmolStr::from(*name), value(name, default))).collect();
    for instruction in dockerfile.preamble() {
        let Command::Arg(arguments) = &instruction.command else { continue };
        for Argument { name, value } in arguments {
            let given = (build.arguments)(&name.text);
            let lookup = |name: &str| globals.get(name).cloned();
            let value = given.or_else(|| Some(expander.expand(value.as_ref()?, &lookup)?.text.into()));
            if let Some(value) = value {
                globals.insert(name.text.clone(), value);
            }
        }
    }
    globals
}

fn parent(stages: &[Stage<'_>], index: usize, globals: &Scope, expander: &mut Expander<'_>) -> Parent {
    let Some(stage) = stages.get(index) else { return Parent::Base(Base::Scratch) };
    let image = &stage.from.image;
    let lookup = |name: &str| globals.get(name).cloned();
    let Some(expanded) = expander.expand(image, &lookup) else {
        return Parent::Base(Base::Unknown(image.span));
    };
    let name = expanded.text;
    if name.is_empty() {
        expander.diagnostics.push(
            Diagnostic::error(BASE, format!("`{}` has no value", image.text))
                .at(image.span)
                .because("the build stops here")
                .help("give its `ARG` a default before the first `FROM`, or pass a value"),
        );
        return Parent::Base(Base::Unknown(image.span));
    }
    // Names of stages are kept in lower case, and asked for as written.
    let earlier = stages[..index].iter().rposition(|stage| stage.is_named(&name));
    match earlier.filter(|_| !name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        Some(earlier) => Parent::Stage(earlier),
        None if name == "scratch" => Parent::Base(Base::Scratch),
        None => Parent::Base(Base::Image(Word { text: name.into(), span: image.span })),
    }
}

struct Evaluation<'a, 'd> {
    dockerfile: &'a Dockerfile,
    build: &'a Build<'a>,
    stages: &'a [Stage<'a>],
    globals: Scope,
    /// `ENV` and `ARG` so far.
    scope: Scope,
    config: ImageConfig,
    /// The present stage had a `CMD`.
    has_cmd: bool,
    expander: Expander<'d>,
}

impl Evaluation<'_, '_> {
    fn expanded(&mut self, word: &Word) -> Option<Word> {
        let scope = &self.scope;
        let text = self.expander.expand(word, &|name| scope.get(name).cloned())?.text;
        Some(Word { text: text.into(), span: word.span })
    }

    fn instruction(&mut self, instruction: &Instruction) {
        match &instruction.command {
            Command::Add(copy) => self.copy(copy, instruction, true),
            Command::Copy(copy) => self.copy(copy, instruction, false),
            Command::Arg(arguments) => arguments.iter().for_each(|argument| self.argument(argument)),
            Command::Cmd(command) => {
                self.config.cmd = Some(self.process(command, instruction.span));
                self.has_cmd = true;
            }
            Command::Entrypoint(command) => {
                self.config.entrypoint = Some(self.process(command, instruction.span));
                if !self.has_cmd {
                    self.config.cmd = Some(Process { words: Vec::new(), script: None, span: instruction.span });
                }
            }
            Command::Env(pairs) => {
                // All of one instruction see the values from before it.
                let expanded: Vec<(Word, Word)> =
                    pairs.iter().filter_map(|pair| Some((self.expanded(&pair.name)?, self.expanded(&pair.value)?))).collect();
                for (name, value) in expanded {
                    self.scope.insert(name.text.clone(), value.text.clone());
                    self.config.env.insert(name.text, value);
                }
            }
            Command::Expose(words) => words.iter().for_each(|word| self.expose(word)),
            Command::Healthcheck(check) => {
                self.config.healthcheck = Some(Check { check: check.clone(), span: instruction.span });
            }
            Command::Label(pairs) => {
                for pair in pairs {
                    if let (Some(name), Some(value)) = (self.expanded(&pair.name), self.expanded(&pair.value)) {
                        self.config.labels.insert(name.text, value);
                    }
                }
            }
            Command::Shell(words) => self.config.shell = Some(words.clone()),
            Command::StopSignal(signal) => self.config.stop_signal = self.expanded(signal).or(self.config.stop_signal.take()),
            Command::User(user) => self.config.user = self.expanded(user).or(self.config.user.take()),
            Command::Volume(paths) => {
                for path in paths {
                    let path = self.expanded(path);
                    self.config.volumes.extend(path);
                }
            }
            Command::Workdir(path) => {
                if let Some(path) = self.expanded(path) {
                    self.config.workdir = self.absolute(&path.text).map(|text| Word { text, span: path.span });
                }
            }
            Command::Run(CommandLine::Shell(script)) => {
                self.config.runs_scripts = true;
                self.accounts(&script.text);
                for heredoc in &instruction.heredocs {
                    self.accounts(&self.dockerfile.heredoc(heredoc));
                }
            }
            Command::From(_) | Command::Maintainer(_) | Command::Onbuild(_) | Command::Run(_) | Command::Broken(_) => {}
        }
    }

    fn argument(&mut self, argument: &Argument) {
        let Argument { name, value } = argument;
        let given = (self.build.arguments)(&name.text);
        let value = match (given, value) {
            (Some(given), _) => Some(given),
            (None, Some(default)) => self.expanded(default).map(|word| word.text),
            (None, None) => self.globals.get(&name.text).cloned(),
        };
        if let Some(value) = value {
            self.scope.insert(name.text.clone(), value);
        }
    }

    fn accounts(&mut self, script: &str) {
        let scope = &self.scope;
        let (escape, left) = (self.expander.escape, &mut self.expander.left);
        self.config.accounts.read(script, escape, &|name| scope.get(name).cloned(), left);
    }

    fn process(&self, command: &CommandLine, span: Span) -> Process {
        match command {
            CommandLine::Exec(words) => Process { words: words.iter().map(|word| word.text.clone()).collect(), script: None, span },
            CommandLine::Shell(script) => {
                let shell = self.config.shell.as_ref().map_or_else(
                    || vec![SmolStr::from("/bin/sh"), SmolStr::from("-c")],
                    |words| words.iter().map(|word| word.text.clone()).collect(),
                );
                let words = shell.into_iter().chain([script.text.clone()]).collect();
                Process { words, script: Some(script.text.clone()), span }
            }
        }
    }

    fn expose(&mut self, word: &Word) {
        let scope = &self.scope;
        let Some(expanded) = self.expander.expand(word, &|name| scope.get(name).cloned()) else { return };
        for text in expanded.words {
            match expose::read(&text, word.span) {
                Some(port) => self.config.exposed.push(port),
                None => self.expander.diagnostics.push(
                    Diagnostic::error(PORT, format!("`{text}` is no port"))
                        .at(word.span)
                        .because("the build stops here")
                        .help("write a port from 0 to 65535, such as `8080` or `53/udp`"),
                ),
            }
        }
    }

    /// The path from the root; `None` when it starts from a directory that only the base image knows.
    fn absolute(&self, path: &str) -> Option<SmolStr> {
        if path.starts_with('/') {
            return Some(clean(path).into());
        }
        let directory = match (&self.config.workdir, &self.config.base) {
            (Some(workdir), _) => workdir.text.as_str(),
            (None, Base::Scratch) => "/",
            (None, Base::Image(_) | Base::Unknown(_)) => return None,
        };
        Some(clean(&format!("{directory}/{path}")).into())
    }

    fn copy(&mut self, copy: &Copy, instruction: &Instruction, is_add: bool) {
        let Some(destination) = self.expanded(&copy.destination) else { return };
        let from = match instruction.flag_value("from").map(|from| from.text.clone()) {
            None => CopyFrom::Context,
            Some(name) => match super::target(self.stages, Some(&name)) {
                Some(stage) => CopyFrom::Stage(stage),
                None => CopyFrom::Other(name),
            },
        };
        let is_heredoc = |word: &Word| !copy.is_array && shell::is_heredoc(&word.text);
        let files: Vec<&Word> = copy.sources.iter().filter(|word| !is_heredoc(word)).collect();
        let sources: Vec<SmolStr> = files.into_iter().filter_map(|word| self.expanded(word)).map(|word| word.text).collect();
        let Some(path) = self.absolute(&destination.text) else { return };
        let is_directory = destination.text.ends_with('/') || matches!(destination.text.as_str(), "." | "..");
        let into_directory = is_directory
            || copy.sources.len() > 1
            || self.config.workdir.as_ref().is_some_and(|workdir| workdir.text == path)
            || path == "/";
        self.config.copies.push(Copied {
            from,
            sources,
            destination: path,
            into_directory,
            parents: instruction.flag("parents").is_some_and(crate::syntax::Flag::is_on),
            is_add,
            span: instruction.span,
        });
    }
}
