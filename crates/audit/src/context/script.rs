//! Shell scripts of `RUN` and its neighbours, taken apart into commands and words with places.
//!
//! Enough of the POSIX shell language for rules that look at commands: lists, pipes, subshells, quotes, substitutions, redirections,
//! comments. Nothing is expanded; control words (`if`, `do`) are passed over. What can't be read ends the script.

use smol_str::SmolStr;
use windlass_dockerfile::Word;
use windlass_source::Span;

/// One simple command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    /// What joins it to the command before.
    pub connector: Connector,
    /// `NAME=value` before the command.
    pub assignments: Vec<ShellWord>,
    /// The program and its arguments, redirections left out.
    pub words: Vec<ShellWord>,
    /// Where output goes, or input comes from: the words after `>`, `>>`, `<`.
    pub redirections: Vec<ShellWord>,
}

/// What joins a command to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// Nothing: it is the first, or in a substitution.
    Start,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `;`, a line break, `&`, or the beginning of a group.
    Then,
    /// `|`: it reads what the one before writes.
    Pipe,
}

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellWord {
    /// Without quotes and escapes; variables and substitutions as written.
    pub text: SmolStr,
    /// Where it stands, quotes included.
    pub span: Span,
    /// A part of it is in quotes.
    pub is_quoted: bool,
    /// It holds `$` or a backtick outside of single quotes: its value is not known.
    pub has_variable: bool,
}

/// Programs that run the command that follows them.
const WRAPPERS: [&str; 7] = ["sudo", "exec", "command", "nohup", "time", "nice", "env"];
/// Words that the shell reads as its own at the start of a command.
const CONTROL: [&str; 13] = ["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "esac", "{", "}", "!"];
/// Substitutions within each other above which the rest is left out.
const MAX_DEPTH: usize = 20;

impl ShellCommand {
    /// The program's name without its directory, past `sudo`, `env A=b` and their like; empty for assignments alone.
    pub fn program(&self) -> &str {
        self.words.get(self.program_at()).map_or("", |word| word.text.rsplit('/').next().unwrap_or(&word.text))
    }

    /// The words after the program.
    pub fn arguments(&self) -> &[ShellWord] {
        self.words.get(self.program_at() + 1..).unwrap_or_default()
    }

    /// The arguments that are no options. An option's value in a word of its own counts as one.
    pub fn operands(&self) -> impl Iterator<Item = &ShellWord> {
        self.arguments().iter().filter(|word| !word.text.starts_with('-') || word.text == "-")
    }

    /// The program is `program`, and its first operand `subcommand`: `is("apt-get", "install")`.
    pub fn is(&self, program: &str, subcommand: &str) -> bool {
        self.program() == program && self.operands().next().is_some_and(|word| word.text == subcommand)
    }

    /// The operands after the subcommand.
    pub fn after_subcommand(&self) -> impl Iterator<Item = &ShellWord> {
        self.operands().skip(1)
    }

    /// The first argument that is one of these options. `-y` is also found in `-qy`, `--yes` in `--yes=true`.
    pub fn flag(&self, names: &[&str]) -> Option<&ShellWord> {
        self.arguments().iter().find(|word| {
            names.iter().any(|name| match name.strip_prefix("--") {
                Some(_) => word.text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')),
                None if name.len() == 2 => {
                    let letters = word.text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
                    letters.is_some_and(|letters| letters.split('=').next().is_some_and(|letters| letters.contains(&name[1..])))
                }
                None => word.text == *name,
            })
        })
    }

    /// One of these options is there.
    pub fn has_flag(&self, names: &[&str]) -> bool {
        self.flag(names).is_some()
    }

    /// From its first word to its last; `None` for a command without words.
    pub fn span(&self) -> Option<Span> {
        let words = || self.assignments.iter().chain(&self.words);
        Some(words().next()?.span.to(words().last()?.span))
    }

    fn program_at(&self) -> usize {
        let mut at = 0;
        while let Some(word) = self.words.get(at)
            && WRAPPERS.contains(&word.text.as_str())
        {
            at += 1;
            while self.words.get(at).is_some_and(|word| word.text.starts_with('-') || is_assignment(&word.text)) {
                at += 1;
            }
        }
        at
    }
}

/// The one command of an exec form; of `["sh", "-c", "script"]` the script's, all at the place of the script.
pub(super) fn exec(words: &[Word]) -> Vec<ShellCommand> {
    if let [program, flag, script, ..] = words
        && matches!(program.text.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash" | "zsh"))
        && flag.text.starts_with('-')
        && flag.text.contains('c')
    {
        return Lexer::new(&script.text, script.span, Mode::Fixed).run();
    }
    let word = |word: &Word| ShellWord { text: word.text.clone(), span: word.span, is_quoted: true, has_variable: false };
    let words = words.iter().map(word).collect();
    vec![ShellCommand { connector: Connector::Start, assignments: Vec::new(), words, redirections: Vec::new() }]
}

/// The commands of a shell form: the raw text under `span`, with the Dockerfile's continued lines.
pub(super) fn shell(text: &str, span: Span, escape: char) -> Vec<ShellCommand> {
    Lexer::new(text, span, Mode::Dockerfile(escape)).run()
}

/// The commands of a compose file's list of words, each with its place; those of `["sh", "-c", "script"]` taken apart.
pub(super) fn words(words: impl Iterator<Item = (SmolStr, Span)>) -> Vec<ShellCommand> {
    let words: Vec<Word> = words.map(|(text, span)| Word { text, span }).collect();
    if words.is_empty() { Vec::new() } else { exec(&words) }
}

/// The commands of a text that a compose file gives to a shell, somewhere under `span`.
pub(super) fn text(text: &str, span: Span) -> Vec<ShellCommand> {
    Lexer::new(text, span, Mode::Fixed).run()
}

/// The commands of a heredoc's body.
pub(super) fn body(text: &str, span: Span) -> Vec<ShellCommand> {
    Lexer::new(text, span, Mode::Script).run()
}

/// How a text stands in its file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Byte for byte, with lines that this character continues.
    Dockerfile(char),
    /// Byte for byte; lines end commands.
    Script,
    /// Somewhere under the span.
    Fixed,
}

struct Lexer<'a> {
    text: &'a str,
    span: Span,
    mode: Mode,
    at: usize,
    depth: usize,
    commands: Vec<ShellCommand>,
    open: ShellCommand,
    /// A redirection waits for its word.
    redirects: bool,
}

fn new_command(connector: Connector) -> ShellCommand {
    ShellCommand { connector, assignments: Vec::new(), words: Vec::new(), redirections: Vec::new() }
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, span: Span, mode: Mode) -> Self {
        Self { text, span, mode, at: 0, depth: 0, commands: Vec::new(), open: new_command(Connector::Start), redirects: false }
    }

    fn run(mut self) -> Vec<ShellCommand> {
        while let Some(next) = self.peek() {
            if self.continuation() {
                continue;
            }
            match next {
                ' ' | '\t' | '\r' => self.at += 1,
                '\n' => self.end(Connector::Then, 1),
                '#' => self.comment(),
                ';' => self.end(Connector::Then, 1),
                '(' | ')' => self.end(Connector::Then, 1),
                '&' if self.rest().starts_with("&&") => self.end(Connector::And, 2),
                '&' if self.rest().starts_with("&>") => self.redirection(),
                '&' => self.end(Connector::Then, 1),
                '|' if self.rest().starts_with("||") => self.end(Connector::Or, 2),
                '|' if self.rest().starts_with("|&") => self.end(Connector::Pipe, 2),
                '|' => self.end(Connector::Pipe, 1),
                '<' | '>' => self.redirection(),
                _ => self.word(),
            }
        }
        self.end(Connector::Then, 0);
        self.commands
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Passes over an escaped line break and, in a Dockerfile, over the comments and empty lines that follow it.
    fn continuation(&mut self) -> bool {
        let escape = if let Mode::Dockerfile(escape) = self.mode { escape } else { '\\' };
        let Some(rest) = self.rest().strip_prefix(escape) else { return false };
        let line_end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let is_blank = rest[..line_end].trim().is_empty();
        if !is_blank || (!matches!(self.mode, Mode::Dockerfile(_)) && !rest.starts_with(['\n', '\r'])) || rest.is_empty() {
            return false;
        }
        self.at += escape.len_utf8() + line_end;
        while let Mode::Dockerfile(_) = self.mode {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            let content = line.trim();
            if line.is_empty() || !(content.is_empty() || content.starts_with('#')) || !line.ends_with('\n') {
                break;
            }
            self.at += line.len();
        }
        true
    }

    /// A comment ends at the line's end; in a Dockerfile's continued lines there is no other end than the script's.
    fn comment(&mut self) {
        let end = if let Mode::Dockerfile(_) = self.mode { None } else { self.rest().find('\n') };
        self.at = end.map_or(self.text.len(), |end| self.at + end);
    }

    /// Ends the open command.
    fn end(&mut self, next: Connector, operator: usize) {
        self.at += operator;
        self.redirects = false;
        let has_words = !self.open.words.is_empty() || !self.open.assignments.is_empty();
        if !has_words && operator == 1 && next == Connector::Then {
            // An empty line after `&&` joins nothing anew.
            return;
        }
        let done = std::mem::replace(&mut self.open, new_command(next));
        if has_words {
            self.commands.push(done);
        }
    }

    fn redirection(&mut self) {
        let rest = self.rest();
        let end = rest.find(|letter: char| !matches!(letter, '<' | '>' | '&' | '-' | '|')).unwrap_or(rest.len());
        let operator = &rest[..end];
        self.at += end;
        // A number just before belongs to it: `2>file`.
        let before = self.place(self.at - end);
        let is_fixed = self.mode == Mode::Fixed;
        self.open.words.pop_if(|word| word.text.bytes().all(|byte| byte.is_ascii_digit()) && !is_fixed && word.span.end == before);
        self.redirects = !operator.ends_with('-') || operator.starts_with("<<");
    }

    /// The file's byte at a byte of the text.
    fn place(&self, at: usize) -> u32 {
        self.span.start + u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn word(&mut self) {
        let start = self.at;
        let mut word = ShellWord { text: SmolStr::default(), span: self.span, is_quoted: false, has_variable: false };
        let mut text = String::new();
        while let Some(next) = self.peek() {
            if self.continuation() {
                continue;
            }
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '<' | '>' | '(' | ')' => break,
                '&' => break,
                '\'' => {
                    word.is_quoted = true;
                    let inner = self.text[self.at + 1..].split('\'').next().unwrap_or_default();
                    text.push_str(inner);
                    self.at = (self.at + inner.len() + 2).min(self.text.len());
                }
                '"' => {
                    word.is_quoted = true;
                    self.at += 1;
                    self.double_quoted(&mut text, &mut word);
                }
                '\\' => {
                    self.at += 1;
                    let escaped = self.peek().unwrap_or('\\');
                    text.push(escaped);
                    self.at = (self.at + escaped.len_utf8()).min(self.text.len());
                }
                '$' | '`' => {
                    word.has_variable = true;
                    self.substitution(&mut text);
                }
                other => {
                    text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        if self.mode != Mode::Fixed {
            word.span = self.span.slice(start..self.at);
        }
        word.text = text.into();
        self.add(word);
    }

    fn add(&mut self, word: ShellWord) {
        if std::mem::take(&mut self.redirects) {
            self.open.redirections.push(word);
        } else if self.open.words.is_empty() && is_assignment(&word.text) {
            self.open.assignments.push(word);
        } else if !self.open.words.is_empty() || word.is_quoted || !CONTROL.contains(&word.text.as_str()) {
            self.open.words.push(word);
        }
    }

    fn double_quoted(&mut self, text: &mut String, word: &mut ShellWord) {
        while let Some(next) = self.peek() {
            if self.continuation() {
                continue;
            }
            match next {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    self.at += 1;
                    let escaped = self.peek().unwrap_or('\\');
                    if !matches!(escaped, '"' | '\\' | '$' | '`') {
                        text.push('\\');
                    }
                    text.push(escaped);
                    self.at = (self.at + escaped.len_utf8()).min(self.text.len());
                }
                '$' | '`' => {
                    word.has_variable = true;
                    self.substitution(text);
                }
                other => {
                    text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
    }

    /// `$NAME`, `${…}`, `$(…)`, `` `…` ``: kept as written; the commands of the last two come before the one that they are part of.
    fn substitution(&mut self, text: &mut String) {
        let rest = self.rest();
        let (open, length) = if rest.starts_with("$(") && !rest.starts_with("$((") {
            (2, closing(rest, '(', ')'))
        } else if rest.starts_with("${") {
            (0, closing(rest, '{', '}'))
        } else if let Some(inner) = rest.strip_prefix('`') {
            (1, inner.find('`').map_or(rest.len(), |end| end + 2))
        } else {
            (0, 1)
        };
        if open > 0 && self.depth < MAX_DEPTH && length > open {
            let end = if rest[open..length].ends_with([')', '`']) { length - 1 } else { length };
            let inner = &rest[open..end];
            let span = if self.mode == Mode::Fixed { self.span } else { self.span.slice(self.at + open..self.at + end) };
            let mut lexer = Lexer::new(inner, span, self.mode);
            lexer.depth = self.depth + 1;
            self.commands.extend(lexer.run());
        }
        text.push_str(&rest[..length]);
        self.at += length;
    }
}

/// The length of a bracketed part that begins with `$` and the opening bracket; all of the text when it does not close.
fn closing(text: &str, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(mark), letter) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, letter) if letter == open => depth += 1,
            (None, letter) if letter == close => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            (None, _) => {}
        }
    }
    text.len()
}

fn is_assignment(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.split_once('=').is_some_and(|(name, _)| is_name(name))
}

#[cfg(test)]
mod tests;
