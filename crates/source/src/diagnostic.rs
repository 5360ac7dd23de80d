//! What Windlass has to say about a text.

use std::fmt;

use crate::fix::Fix;
use crate::origin::Origin;
use crate::span::Span;

/// The stable name of a kind of diagnostic: `compose::unknown-attribute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The input is wrong; the command exits with 2.
    Error,
    /// Accepted, but probably not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// A place and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Said beside the underline; may be empty.
    pub message: String,
}

/// One finding: what, where, why, remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, on one line: lower case, no full stop, backticks round literals.
    pub message: String,
    /// Where; the first label is the primary one.
    pub labels: Vec<Label>,
    /// Why it matters.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// Repairs by machine.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic with nothing but code, severity and message.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), labels: Vec::new(), notes: Vec::new(), help: Vec::new(), fixes: Vec::new() }
    }

    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A note.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    /// Adds a place; the first one added is the primary one.
    pub fn at(self, span: impl Into<Option<Span>>) -> Self {
        self.label(span, "")
    }

    /// Adds a place with a word beside the underline.
    pub fn label(mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.labels.push(Label { span, message: message.into() });
        }
        self
    }

    /// Adds the place of a value and, where it has any, the places that it passed through.
    pub fn origin(self, origin: &Origin, message: impl Into<String>) -> Self {
        self.label(origin.span(), message).label(origin.used_at(), "used here")
    }

    /// Adds a reason.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.notes.push(reason.into());
        self
    }

    /// Adds a remedy.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds a repair.
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// The primary place.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// True for an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
