//! The tree of a Dockerfile: instructions with a place for every word and flag, and pieces that cover every byte.
//!
//! Values are as they are written: variables are expanded by [`stages`](crate::stages), not here.

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use windlass_source::{FileId, Span};

/// A Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    pub(crate) file: FileId,
    pub(crate) text: Arc<str>,
    /// `# syntax=`, `# escape=`, `# check=` at the top.
    pub directives: Vec<Directive>,
    /// The character that escapes and continues lines: `\`, or `` ` `` by a directive.
    pub escape: char,
    /// In the order of the text.
    pub instructions: Vec<Instruction>,
    /// The text, cut into stretches that stand side by side and cover every byte.
    pub pieces: Vec<Piece>,
}

/// A parser directive: `# escape=` followed by the character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name in lower case.
    pub name: Word,
    /// Its value.
    pub value: Word,
}

/// A stretch of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it is.
    pub span: Span,
}

/// What a stretch of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// The mark that some editors put at the start of a file.
    ByteOrderMark,
    /// Spaces that mean nothing, empty lines, line breaks.
    Space,
    /// A parser directive, from its `#` to the end of the line.
    Directive,
    /// A comment, from its `#` to the end of the line.
    Comment,
    /// A part of an instruction that stands on one line.
    Text,
    /// The escape character at the end of a line, and the line break.
    Continuation,
    /// The lines of a heredoc.
    Heredoc,
    /// The line that ends a heredoc.
    HeredocEnd,
}

/// A word and where it stands. The span of one that a line break divides holds the break too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word; quotes, escapes and variables are as written, except in flags and JSON.
    pub text: SmolStr,
    /// Where it stands.
    pub span: Span,
}

impl Word {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// `--name=value`, `--name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Without the dashes.
    pub name: Word,
    /// What follows `=`, without quotes.
    pub value: Option<Word>,
}

impl Flag {
    /// True unless it says `=false`; for flags that are on or off.
    pub fn is_on(&self) -> bool {
        self.value.as_ref().is_none_or(|value| !value.text.eq_ignore_ascii_case("false"))
    }
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// From its keyword to its last byte, heredocs included.
    pub span: Span,
    /// The keyword as written.
    pub keyword: Word,
    /// In the order of the text.
    pub flags: Vec<Flag>,
    /// What it says.
    pub command: Command,
    /// The documents that it opens with `<<`, in order.
    pub heredocs: Vec<Heredoc>,
}

impl Instruction {
    /// The last flag of this name.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rfind(|flag| flag.name.text == name)
    }

    /// The value of the last flag of this name.
    pub fn flag_value(&self, name: &str) -> Option<&Word> {
        self.flag(name).and_then(|flag| flag.value.as_ref())
    }
}

/// What an instruction says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `ADD`: files, archives, addresses.
    Add(Copy),
    /// `ARG`: names, with or without a value.
    Arg(Vec<Argument>),
    /// `CMD`.
    Cmd(CommandLine),
    /// `COPY`.
    Copy(Copy),
    /// `ENTRYPOINT`.
    Entrypoint(CommandLine),
    /// `ENV`.
    Env(Vec<Pair>),
    /// `EXPOSE`: ports as written.
    Expose(Vec<Word>),
    /// `FROM`: a stage begins.
    From(From),
    /// `HEALTHCHECK`.
    Healthcheck(Healthcheck),
    /// `LABEL`.
    Label(Vec<Pair>),
    /// `MAINTAINER`.
    Maintainer(Word),
    /// `ONBUILD`: an instruction for builds upon the image.
    Onbuild(Box<Instruction>),
    /// `RUN`.
    Run(CommandLine),
    /// `SHELL`.
    Shell(Vec<Word>),
    /// `STOPSIGNAL`.
    StopSignal(Word),
    /// `USER`.
    User(Word),
    /// `VOLUME`.
    Volume(Vec<Word>),
    /// `WORKDIR`.
    Workdir(Word),
    /// No instruction, or one whose arguments cannot be read; a diagnostic says why. Holds what follows the keyword.
    Broken(Word),
}

/// `ADD` and `COPY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Paths, patterns, addresses, heredocs (`<<EOF`).
    pub sources: Vec<Word>,
    /// Where they go.
    pub destination: Word,
    /// Written as a JSON array, which opens no heredocs.
    pub is_array: bool,
}

/// An argument of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: Word,
    /// Its default.
    pub value: Option<Word>,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: Word,
    /// The value.
    pub value: Word,
    /// Written `NAME value`, without `=`.
    pub is_old_form: bool,
}

/// A command in one of its two forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// `["program", "argument"]`: words, no shell.
    Exec(Vec<Word>),
    /// A script for the shell. Empty where nothing is written.
    Shell(Word),
}

/// The beginning of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// An image, `scratch`, or an earlier stage.
    pub image: Word,
    /// The name of the stage, as written.
    pub name: Option<Word>,
}

/// `HEALTHCHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healthcheck {
    /// `NONE`: switches off what the base image has.
    None,
    /// `CMD`, with its times.
    Check {
        /// The command.
        test: CommandLine,
        /// When it runs.
        times: Times,
    },
}

/// The times of a health check; what is absent or 0 has Docker's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// `--interval`; Docker's default: 30 s.
    pub interval: Option<Duration>,
    /// `--timeout`; Docker's default: 30 s.
    pub timeout: Option<Duration>,
    /// `--start-period`; Docker's default: 0 s.
    pub start_period: Option<Duration>,
    /// `--start-interval`; Docker's default: 5 s.
    pub start_interval: Option<Duration>,
    /// `--retries`; Docker's default: 3.
    pub retries: Option<u32>,
}

/// A document within an instruction: `<<EOF`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that opens it: `<<-"EOF"`; its text is the delimiter without quotes.
    pub delimiter: Word,
    /// Variables in it are expanded: its delimiter has no quotes.
    pub expand: bool,
    /// `<<-`: tabs at the start of its lines are taken away.
    pub strips_tabs: bool,
    /// The number before `<<`.
    pub descriptor: u32,
    /// Its lines, the last line break included.
    pub body: Span,
}

impl Dockerfile {
    /// The file that it was read from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The text under a span of this file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The text, from its pieces: the same bytes that were read.
    pub fn write(&self) -> String {
        self.pieces.iter().map(|piece| self.slice(piece.span)).collect()
    }

    /// The content of a heredoc, without the tabs that it strips.
    pub fn heredoc(&self, heredoc: &Heredoc) -> String {
        let body = self.slice(heredoc.body);
        if !heredoc.strips_tabs {
            return body.to_owned();
        }
        body.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
    }

    /// The comments in order, directives left out.
    pub fn comments(&self) -> impl Iterator<Item = Span> {
        self.pieces.iter().filter(|piece| piece.kind == PieceKind::Comment).map(|piece| piece.span)
    }
}
