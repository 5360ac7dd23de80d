//! The values that are written in a Dockerfile: those of variables, and the words of commands.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_dockerfile::shell::expand;
use windlass_dockerfile::{Command, CommandLine, Dockerfile, Healthcheck, Instruction, Word, parse};
use windlass_source::SourceMap;

use super::written::{Written, items};

/// Bytes of the longest value that others are read with: each `ENV A=$A$A` doubles what is there.
const LONG: usize = 1 << 10;

/// What is written in a Dockerfile. What a build passes to it does not stand there.
pub(super) fn values_of(text: &str) -> Vec<Written> {
    let dockerfile = parse(SourceMap::new().add("", text), text).dockerfile;
    let mut values = Values { dockerfile: &dockerfile, known: BTreeMap::new(), found: Vec::new() };
    dockerfile.instructions.iter().for_each(|instruction| values.of(instruction));
    values.found
}

struct Values<'d> {
    dockerfile: &'d Dockerfile,
    /// The variables so far, of whatever stage.
    known: BTreeMap<&'d str, SmolStr>,
    found: Vec<Written>,
}

impl<'d> Values<'d> {
    fn of(&mut self, instruction: &'d Instruction) {
        match &instruction.command {
            Command::Env(pairs) | Command::Label(pairs) => pairs.iter().for_each(|pair| self.variable(&pair.name, &pair.value)),
            Command::Arg(arguments) => {
                arguments.iter().for_each(|argument| argument.value.iter().for_each(|value| self.variable(&argument.name, value)));
            }
            Command::Run(CommandLine::Exec(words))
            | Command::Cmd(CommandLine::Exec(words))
            | Command::Entrypoint(CommandLine::Exec(words))
            | Command::Healthcheck(Healthcheck::Check { test: CommandLine::Exec(words), .. }) => {
                self.found.extend(items(words.iter().map(|word| word.text.to_string()).collect()));
            }
            Command::Onbuild(later) => self.of(later),
            // A script, an address of `ADD`, and what is no instruction.
            _ => self.text(self.dockerfile.slice(instruction.span).to_owned()),
        }
        instruction.heredocs.iter().for_each(|heredoc| self.text(self.dockerfile.heredoc(heredoc)));
    }

    fn variable(&mut self, name: &'d Word, value: &Word) {
        let expanded = expand(value.as_str(), self.dockerfile.escape, &|name| self.known.get(name).cloned());
        let text = expanded.map_or_else(|_| value.text.to_string(), |expanded| expanded.text);
        if text.len() <= LONG {
            self.known.insert(name.as_str(), text.as_str().into());
        }
        self.found.push(Written::plain(name.as_str(), text));
    }

    fn text(&mut self, text: String) {
        self.found.push(Written::plain("", text));
    }
}
