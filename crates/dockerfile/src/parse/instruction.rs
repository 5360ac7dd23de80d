//! A logical line → an instruction (BuildKit: `line_parsers.go`, `instructions/parse.go`, `instructions/bflag.go`).

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use windlass_source::{Code, Diagnostic, Severity, closest};

use super::json::{self, Json};
use super::line::Line;
use super::word::{self, RawFlag};
use crate::shell;
use crate::syntax::{Argument, Command, CommandLine, Copy, Flag, From, Healthcheck, Instruction, Pair, Times, Word};

const UNKNOWN_INSTRUCTION: Code = Code("dockerfile::unknown-instruction");
const ARGUMENTS: Code = Code("dockerfile::arguments");
const FLAG: Code = Code("dockerfile::flag");
const JSON: Code = Code("dockerfile::json");
const STAGE_NAME: Code = Code("dockerfile::stage-name");

/// What instructions are read from and report to.
pub(super) struct Context<'a, 'b> {
    pub(super) line: &'a Line<'b>,
    pub(super) escape: char,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

/// An instruction's name and the flags that it has.
struct Known {
    name: &'static str,
    flags: &'static [(&'static str, Takes)],
}

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing, `true` or `false`.
    Bool,
    /// A value, once.
    Value,
    /// A value, each time that it is given.
    Values,
}

const KNOWN: [Known; 18] = [
    Known {
        name: "ADD",
        flags: &[
            ("chown", Takes::Value),
            ("chmod", Takes::Value),
            ("link", Takes::Bool),
            ("keep-git-dir", Takes::Bool),
            ("checksum", Takes::Value),
            ("exclude", Takes::Values),
            ("unpack", Takes::Bool),
        ],
    },
    Known { name: "ARG", flags: &[] },
    Known { name: "CMD", flags: &[] },
    Known {
        name: "COPY",
        flags: &[
            ("chown", Takes::Value),
            ("from", Takes::Value),
            ("chmod", Takes::Value),
            ("link", Takes::Bool),
            ("exclude", Takes::Values),
            ("parents", Takes::Bool),
        ],
    },
    Known { name: "ENTRYPOINT", flags: &[] },
    Known { name: "ENV", flags: &[] },
    Known { name: "EXPOSE", flags: &[] },
    Known { name: "FROM", flags: &[("platform", Takes::Value)] },
    Known {
        name: "HEALTHCHECK",
        flags: &[
            ("interval", Takes::Value),
            ("timeout", Takes::Value),
            ("start-period", Takes::Value),
            ("start-interval", Takes::Value),
            ("retries", Takes::Value),
        ],
    },
    Known { name: "LABEL", flags: &[] },
    Known { name: "MAINTAINER", flags: &[] },
    Known { name: "ONBUILD", flags: &[] },
    Known {
        name: "RUN",
        flags: &[("mount", Takes::Values), ("network", Takes::Value), ("security", Takes::Value), ("device", Takes::Values)],
    },
    Known { name: "SHELL", flags: &[] },
    Known { name: "STOPSIGNAL", flags: &[] },
    Known { name: "USER", flags: &[] },
    Known { name: "VOLUME", flags: &[] },
    Known { name: "WORKDIR", flags: &[] },
];

/// Reads the instruction in `range` of the line.
pub(super) fn read(range: Range<usize>, context: &mut Context<'_, '_>) -> Instruction {
    let text = context.line.text();
    let range = word::trim(text, range);
    let part = &text[range.clone()];
    let keyword = range.start..range.start + part.find(word::is_blank).unwrap_or(part.len());
    let (raw_flags, rest) = word::flags(text, keyword.end..range.end, context.escape);
    let rest = word::trim(text, rest..range.end);
    let flags = raw_flags.iter().map(|flag| context.flag(flag)).collect();
    let known = KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(&text[keyword.clone()]));
    let mut instruction = Instruction {
        span: context.line.span(range),
        keyword: context.word(keyword),
        flags,
        command: Command::Broken(context.word(rest.clone())),
        heredocs: Vec::new(),
    };
    match known {
        None => context.unknown(&instruction.keyword),
        Some(known) => {
            // The form is looked at before the flags, as there, so that each fault has one diagnostic.
            if let Some(command) = context.command(known.name, rest, &instruction)
                && context.check_flags(known, &command, &instruction.flags)
            {
                instruction.command = command;
            }
        }
    }
    instruction
}

/// True for instructions that may open heredocs: `ADD`, `COPY` and `RUN`, but not in JSON.
pub(super) fn may_have_heredocs(instruction: &Instruction) -> bool {
    let is_json = |command: &CommandLine| matches!(command, CommandLine::Exec(_));
    match &instruction.command {
        Command::Add(copy) | Command::Copy(copy) => !copy.is_array,
        Command::Run(command) => !is_json(command),
        Command::Onbuild(inner) => !matches!(inner.command, Command::Onbuild(_)) && may_have_heredocs(inner),
        // Their documents are no instructions, whatever is wrong with the first line.
        Command::Broken(_) => ["ADD", "COPY", "RUN"].iter().any(|name| instruction.keyword.text.eq_ignore_ascii_case(name)),
        _ => false,
    }
}

impl Context<'_, '_> {
    fn text(&self) -> &str {
        self.line.text()
    }

    fn word(&self, range: Range<usize>) -> Word {
        Word { text: word::slice(self.text(), range.clone()), span: self.line.span(range) }
    }

    fn words(&self, ranges: Vec<Range<usize>>) -> Vec<Word> {
        ranges.into_iter().map(|range| self.word(range)).collect()
    }

    fn flag(&self, flag: &RawFlag) -> Flag {
        let RawFlag { range, text } = flag;
        let text = text.strip_prefix("--").unwrap_or(text);
        // The place of `=` is only known where quotes and escapes do not stand before it.
        let equals = self.text()[range.clone()].find('=').map_or(range.end, |at| range.start + at);
        let name_range = (range.start + 2).min(equals)..equals;
        match text.split_once('=') {
            Some((name, value)) => {
                let value_range = (equals + 1).min(range.end)..range.end;
                Flag {
                    name: Word { text: name.into(), span: self.line.span(name_range) },
                    value: Some(Word { text: value.into(), span: self.line.span(value_range) }),
                }
            }
            None => Flag { name: Word { text: text.into(), span: self.line.span(name_range) }, value: None },
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < super::DIAGNOSTICS_LIMIT {
            self.diagnostics.push(diagnostic);
        }
    }

    fn unknown(&mut self, keyword: &Word) {
        let upper = keyword.text.to_ascii_uppercase();
        let message = match closest(&upper, KNOWN.iter().map(|known| known.name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => String::new(),
        };
        self.report(
            Diagnostic::error(UNKNOWN_INSTRUCTION, format!("there is no instruction `{}`", keyword.text))
                .label(keyword.span, message)
                .help("a line that goes on ends in the escape character"),
        );
    }

    fn wrong(&mut self, at: &Word, message: impl Into<String>, help: &str) -> Option<Command> {
        self.report(Diagnostic::error(ARGUMENTS, message).at(at.span).help(help));
        None
    }

    fn command(&mut self, name: &str, rest: Range<usize>, instruction: &Instruction) -> Option<Command> {
        let keyword = &instruction.keyword;
        if rest.is_empty() && !matches!(name, "RUN" | "CMD" | "ENTRYPOINT") {
            return self.wrong(keyword, format!("`{name}` says nothing"), "write what it is about, or remove the line");
        }
        Some(match name {
            "ADD" => Command::Add(self.copy(name, rest, keyword)?),
            "ARG" => Command::Arg(self.arguments(rest)?),
            "CMD" => Command::Cmd(self.command_line(rest)?),
            "COPY" => Command::Copy(self.copy(name, rest, keyword)?),
            "ENTRYPOINT" => Command::Entrypoint(self.command_line(rest)?),
            "ENV" => Command::Env(self.pairs(name, rest)?),
            "EXPOSE" => Command::Expose(self.words(word::between_blanks(self.text(), rest))),
            "FROM" => Command::From(self.from(rest)?),
            "HEALTHCHECK" => Command::Healthcheck(self.healthcheck(rest, &instruction.flags)?),
            "LABEL" => Command::Label(self.pairs(name, rest)?),
            "MAINTAINER" => Command::Maintainer(self.word(rest)),
            "ONBUILD" => Command::Onbuild(Box::new(self.onbuild(rest)?)),
            "RUN" => Command::Run(self.command_line(rest)?),
            "SHELL" => Command::Shell(self.shell(rest)?),
            "STOPSIGNAL" => Command::StopSignal(self.word(rest)),
            "USER" => Command::User(self.word(rest)),
            "VOLUME" => Command::Volume(self.volumes(rest)?),
            "WORKDIR" => Command::Workdir(self.word(rest)),
            _ => return None,
        })
    }

    /// The words of an array, or `None` when it is no JSON. The outer `None`: a diagnostic was given.
    fn json(&mut self, rest: Range<usize>) -> Option<Option<Vec<Word>>> {
        match json::array(&self.text()[rest.clone()]) {
            Json::No => Some(None),
            Json::Texts(texts) => {
                let shift = |range: Range<usize>| rest.start + range.start..rest.start + range.end;
                let word = |(text, range): (String, Range<usize>)| Word { text: text.into(), span: self.line.span(shift(range)) };
                Some(Some(texts.into_iter().map(word).collect()))
            }
            Json::Other(range) => {
                let at = self.line.span(rest.start + range.start..rest.start + range.end);
                self.report(
                    Diagnostic::error(JSON, "the items of an array must be texts").at(at).help("put double quotes round each item"),
                );
                None
            }
        }
    }

    fn command_line(&mut self, rest: Range<usize>) -> Option<CommandLine> {
        Some(match self.json(rest.clone())? {
            Some(words) => CommandLine::Exec(words),
            None => CommandLine::Shell(self.word(rest)),
        })
    }

    /// The words of an array, or between blanks; and which of both.
    fn list(&mut self, rest: Range<usize>) -> Option<(Vec<Word>, bool)> {
        Some(match self.json(rest.clone())? {
            Some(words) => (words, true),
            None => (self.words(word::between_blanks(self.text(), rest)), false),
        })
    }

    fn copy(&mut self, name: &str, rest: Range<usize>, keyword: &Word) -> Option<Copy> {
        let (mut sources, is_array) = self.list(rest)?;
        match sources.pop() {
            Some(destination) if shell::is_heredoc(&destination.text) => {
                self.wrong(&destination, "a heredoc cannot be the destination", "write a path after it");
                None
            }
            Some(destination) if !sources.is_empty() => Some(Copy { sources, destination, is_array }),
            _ => {
                self.wrong(keyword, format!("`{name}` has no destination"), "write what is copied, then where it goes");
                None
            }
        }
    }

    fn arguments(&mut self, rest: Range<usize>) -> Option<Vec<Argument>> {
        let mut arguments = Vec::new();
        for range in word::with_quotes(self.text(), rest, self.escape) {
            let (name, value) = self.split_pair(range);
            if name.text.is_empty() {
                self.wrong(&name, "an argument has no name", "write `ARG NAME=value`");
                return None;
            }
            arguments.push(Argument { name, value });
        }
        Some(arguments)
    }

    fn split_pair(&self, range: Range<usize>) -> (Word, Option<Word>) {
        match self.text()[range.clone()].find('=') {
            Some(at) => {
                let at = range.start + at;
                (self.word(range.start..at), Some(self.word(at + 1..range.end)))
            }
            None => (self.word(range), None),
        }
    }

    fn pairs(&mut self, keyword: &str, rest: Range<usize>) -> Option<Vec<Pair>> {
        let ranges = word::with_quotes(self.text(), rest.clone(), self.escape);
        let first = ranges.first()?.clone();
        if !self.text()[first].contains('=') {
            let part = &self.text()[rest.clone()];
            let Some(blank) = part.find(word::is_blank) else {
                let word = self.word(rest);
                self.wrong(&word, format!("`{}` has no value", word.text), &format!("write `{keyword} NAME=value`"));
                return None;
            };
            let after = part[blank..].trim_start_matches(word::is_blank).len();
            let name = self.word(rest.start..rest.start + blank);
            let value = self.word(rest.end - after..rest.end);
            return Some(vec![Pair { name, value, is_old_form: true }]);
        }
        let mut pairs = Vec::with_capacity(ranges.len());
        for range in ranges {
            match self.split_pair(range) {
                (name, Some(value)) if !name.text.is_empty() => pairs.push(Pair { name, value, is_old_form: false }),
                (name, _) => {
                    let message =
                        if name.text.is_empty() { "a value has no name".to_owned() } else { format!("`{}` has no `=`", name.text) };
                    self.wrong(&name, message, "write `NAME=value`, with quotes round a value that has spaces");
                    return None;
                }
            }
        }
        Some(pairs)
    }

    fn from(&mut self, rest: Range<usize>) -> Option<From> {
        let mut words = self.words(word::between_blanks(self.text(), rest)).into_iter();
        let (image, keyword, name, more) = (words.next()?, words.next(), words.next(), words.next());
        let name = match (keyword, name, more) {
            (None, None, None) => None,
            (Some(keyword), Some(name), None) if keyword.text.eq_ignore_ascii_case("as") => Some(name),
            (Some(keyword), ..) => {
                self.wrong(&keyword, "`FROM` takes an image, or an image and a name", "write `FROM image AS name`");
                return None;
            }
            (None, ..) => None,
        };
        if let Some(name) = &name {
            let lower = name.text.to_ascii_lowercase();
            let is_valid = lower.starts_with(|first: char| first.is_ascii_lowercase())
                && lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
            if !is_valid {
                self.report(
                    Diagnostic::error(STAGE_NAME, format!("`{}` cannot be the name of a stage", name.text))
                        .at(name.span)
                        .help("begin with a letter; letters, digits, `-`, `_` and `.` may follow"),
                );
                return None;
            }
        }
        Some(From { image, name })
    }

    fn healthcheck(&mut self, rest: Range<usize>, flags: &[Flag]) -> Option<Healthcheck> {
        let (kind, command) = word::first(self.text(), rest);
        let kind = self.word(kind);
        match kind.text.to_ascii_uppercase().as_str() {
            "NONE" if command.is_empty() => Some(Healthcheck::None),
            "NONE" => {
                let more = self.word(command);
                self.wrong(&more, "`HEALTHCHECK NONE` takes no arguments", "remove what follows `NONE`");
                None
            }
            "CMD" => {
                let test = self.command_line(command)?;
                let is_empty = match &test {
                    CommandLine::Exec(words) => words.is_empty(),
                    CommandLine::Shell(script) => script.text.is_empty(),
                };
                if is_empty {
                    self.wrong(&kind, "`HEALTHCHECK CMD` has no command", "write the command after `CMD`");
                    return None;
                }
                Some(Healthcheck::Check { test, times: self.times(flags) })
            }
            _ => {
                self.wrong(&kind, format!("`{}` is no kind of health check", kind.text), "write `HEALTHCHECK CMD …` or `HEALTHCHECK NONE`");
                None
            }
        }
    }

    fn times(&mut self, flags: &[Flag]) -> Times {
        let mut times = Times::default();
        for flag in flags {
            let Some(value) = &flag.value else { continue };
            let slot = match flag.name.text.as_str() {
                "interval" => &mut times.interval,
                "timeout" => &mut times.timeout,
                "start-period" => &mut times.start_period,
                "start-interval" => &mut times.start_interval,
                "retries" => {
                    times.retries = value.text.parse().ok().filter(|retries| *retries <= i32::MAX as u32);
                    if times.retries.is_none() && !value.text.is_empty() {
                        self.wrong(value, format!("`{}` is no number of retries", value.text), "write a whole number, such as `3`");
                    }
                    continue;
                }
                _ => continue,
            };
            let nanoseconds = if value.text.is_empty() { Some(0) } else { word::duration(&value.text) };
            match nanoseconds.map(u64::try_from) {
                Some(Ok(nanoseconds)) if nanoseconds == 0 || nanoseconds >= 1_000_000 => {
                    *slot = (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds));
                }
                _ => {
                    let message = format!("`{}` is no time for a health check", value.text);
                    self.wrong(value, message, "write a duration of 1 ms or more, such as `30s` or `1m30s`");
                }
            }
        }
        times
    }

    fn onbuild(&mut self, rest: Range<usize>) -> Option<Instruction> {
        let before = self.diagnostics.len();
        let inner = read(rest, self);
        // It stops the builds upon this image, not this one.
        self.diagnostics[before..].iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Warning);
        let upper = inner.keyword.text.to_ascii_uppercase();
        if matches!(upper.as_str(), "ONBUILD" | "MAINTAINER" | "FROM") {
            self.wrong(&inner.keyword, format!("`{upper}` cannot follow `ONBUILD`"), "write another instruction");
            return None;
        }
        Some(inner)
    }

    fn shell(&mut self, rest: Range<usize>) -> Option<Vec<Word>> {
        match self.json(rest.clone())? {
            Some(words) if !words.is_empty() => Some(words),
            _ => {
                let word = self.word(rest);
                self.wrong(&word, "`SHELL` takes an array of words", "write `SHELL [\"/bin/bash\", \"-c\"]`");
                None
            }
        }
    }

    fn volumes(&mut self, rest: Range<usize>) -> Option<Vec<Word>> {
        let (mut paths, _) = self.list(rest.clone())?;
        for path in &mut paths {
            let trimmed = path.text.trim();
            if trimmed.len() != path.text.len() {
                path.text = trimmed.into();
            }
        }
        if paths.is_empty() || paths.iter().any(|path| path.text.is_empty()) {
            let word = self.word(rest);
            self.wrong(&word, "`VOLUME` has an empty path", "write a path, such as `/data`");
            return None;
        }
        Some(paths)
    }

    /// True when every flag is one that the instruction has, rightly used.
    fn check_flags(&mut self, known: &Known, command: &Command, flags: &[Flag]) -> bool {
        // These look at no flags.
        if matches!(command, Command::Arg(_) | Command::StopSignal(_) | Command::Healthcheck(Healthcheck::None)) {
            return true;
        }
        let mut all_right = true;
        let mut seen = BTreeSet::new();
        for flag in flags {
            let name = flag.name.text.as_str();
            let takes = known.flags.iter().find(|(known, _)| *known == name).map(|(_, takes)| *takes);
            let is_repeated = !seen.insert(name);
            let value = flag.value.as_ref().map(|value| value.text.as_str());
            let (message, help) = match (takes, value) {
                (None, _) => (format!("`{}` has no flag `--{name}`", known.name), self.flag_help(known, name)),
                (Some(Takes::Bool | Takes::Value), _) if is_repeated => (format!("`--{name}` is given twice"), "keep one".to_owned()),
                (Some(Takes::Value | Takes::Values), None) | (Some(Takes::Bool), Some("")) => {
                    (format!("`--{name}` has no value"), format!("write `--{name}=value`"))
                }
                (Some(Takes::Bool), Some(value)) if !["true", "false"].iter().any(|known| value.eq_ignore_ascii_case(known)) => {
                    (format!("`--{name}` is on or off, not `{value}`"), format!("write `--{name}` or `--{name}=false`"))
                }
                _ => continue,
            };
            all_right = false;
            self.report(Diagnostic::error(FLAG, message).at(flag.name.span).help(help));
        }
        all_right
    }

    fn flag_help(&self, known: &Known, name: &str) -> String {
        match closest(name, known.flags.iter().map(|(name, _)| *name)) {
            Some(meant) => format!("did you mean `--{meant}`?"),
            None if known.flags.is_empty() => "it takes no flags; a word that begins with `--` must not come first".to_owned(),
            None => format!("it has {}", known.flags.iter().map(|(name, _)| format!("`--{name}`")).collect::<Vec<_>>().join(", ")),
        }
    }
}
