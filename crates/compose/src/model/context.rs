//! Where a pass over the tree stands, and what it has to say.

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Origin};
use windlass_yaml::{Node, Path, Segment};

/// The place of a pass within the tree, and its findings.
pub(crate) struct Context<'d> {
    path: Vec<Segment>,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// True when variables were left in the texts: a short form may not be one yet, and docker compose does not decode the
    /// project, so forms that it would change only then stay.
    lenient: bool,
    /// How much short forms may still make; see [`MAX_MADE`].
    pub(crate) made_left: usize,
    /// How many errors this pass may still report, so that rubbish ends soon.
    errors_left: usize,
}

/// What the short forms of a project make, counted in words of commands. A port of a range counts as [`PORT`] words.
pub(crate) const MAX_MADE: usize = 1 << 20;

/// What a port of a range costs: 131,072 of them are the most.
pub(crate) const PORT: usize = 8;

/// The most errors that one pass reports.
const MAX_ERRORS: usize = 1000;

/// A value is of a kind or form that its attribute does not take.
pub(crate) const WRONG_TYPE: Code = Code("compose::wrong-type");

/// A value is of the right kind, but not one of those that its attribute takes.
pub(crate) const INVALID_VALUE: Code = Code("compose::invalid-value");

impl<'d> Context<'d> {
    pub(crate) fn new(diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self { path: Vec::new(), diagnostics, lenient: false, made_left: MAX_MADE, errors_left: MAX_ERRORS }
    }

    /// For texts that still have variables in them, unless they were `interpolated`.
    pub(crate) fn for_texts(interpolated: bool, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self { lenient: !interpolated, ..Self::new(diagnostics) }
    }

    /// The same place, for findings that are [reported](Self::report) here later; what short forms make is not counted there.
    pub(crate) fn apart<'o>(&self, diagnostics: &'o mut Vec<Diagnostic>) -> Context<'o> {
        let Self { ref path, diagnostics: _, lenient, made_left, errors_left } = *self;
        Context { path: path.clone(), diagnostics, lenient, made_left, errors_left }
    }

    /// True when no more errors are reported.
    pub(crate) fn is_full(&self) -> bool {
        self.errors_left == 0
    }

    /// True when variables were left in the texts.
    pub(crate) fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// Counts what a short form makes; false above the limit.
    pub(crate) fn spend(&mut self, made: usize) -> bool {
        let left = self.made_left.checked_sub(made);
        self.made_left = left.unwrap_or(0);
        left.is_some()
    }

    /// Runs `body` one step further in, under a key that Compose names.
    pub(crate) fn within<T>(&mut self, key: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Segment::Key(SmolStr::new_static(key)), body)
    }

    /// Runs `body` one step further in, under a key that the user named.
    pub(crate) fn within_name<T>(&mut self, name: &SmolStr, body: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Segment::Key(name.clone()), body)
    }

    /// Runs `body` one step further in, at an item of a list.
    pub(crate) fn within_item<T>(&mut self, index: usize, body: impl FnOnce(&mut Self) -> T) -> T {
        self.step(Segment::Index(index), body)
    }

    fn step<T>(&mut self, segment: Segment, body: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment);
        let result = body(self);
        self.path.pop();
        result
    }

    /// The place as a person names it: `service `web``, ``ports[0]` of service `web``, `the file`.
    pub(crate) fn subject(&self) -> String {
        let whole = || format!("`{}`", self.path.iter().collect::<Path>());
        let [Segment::Key(section), rest @ ..] = self.path.as_slice() else { return "the file".to_owned() };
        let [Segment::Key(name), within @ ..] = rest else { return whole() };
        let noun = match section.as_str() {
            "services" => "service",
            "networks" => "network",
            "volumes" => "volume",
            "secrets" => "secret",
            "configs" => "config",
            "models" => "model",
            _ => return whole(),
        };
        let within: Path = within.iter().collect();
        if within.is_root() { format!("{noun} `{name}`") } else { format!("`{within}` of {noun} `{name}`") }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if diagnostic.is_error() {
            if self.is_full() {
                return;
            }
            self.errors_left -= 1;
        }
        self.diagnostics.push(diagnostic);
    }

    /// Reports an error at `origin` about the value here: `message` continues "`ports[0]` of service `web` …".
    pub(crate) fn error(&mut self, code: Code, origin: &Origin, message: &str) {
        if self.is_full() {
            return;
        }
        let diagnostic = Diagnostic::error(code, format!("{} {message}", self.subject())).origin(origin, "");
        self.report(diagnostic);
    }

    /// Reports that the value here is not `wanted`.
    pub(crate) fn wrong_type(&mut self, node: &Node, wanted: &str) {
        if self.is_full() {
            return;
        }
        let diagnostic = Diagnostic::error(WRONG_TYPE, format!("{} must be {wanted}", self.subject()))
            .origin(&node.origin, format!("this is {}", node.value.kind()));
        self.report(diagnostic);
    }

    /// Reports that the text here cannot be read as `wanted`.
    pub(crate) fn unreadable(&mut self, node: &Node, wanted: &str) {
        if self.is_full() {
            return;
        }
        let diagnostic = Diagnostic::error(INVALID_VALUE, format!("{} must be {wanted}", self.subject())).origin(&node.origin, "");
        self.report(diagnostic);
    }

    /// The same with the reason.
    pub(crate) fn unreadable_because(&mut self, node: &Node, wanted: &str, reason: &dyn std::fmt::Display) {
        if self.is_full() {
            return;
        }
        let diagnostic =
            Diagnostic::error(INVALID_VALUE, format!("{} must be {wanted}", self.subject())).origin(&node.origin, reason.to_string());
        self.report(diagnostic);
    }
}
