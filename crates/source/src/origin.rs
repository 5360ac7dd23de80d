//! Where a value came from: the place that wrote it, and what happened to it on the way.

use std::ops::{Deref, DerefMut, Range};
use std::sync::Arc;

use smol_str::SmolStr;

use crate::span::Span;

/// The source of a value. A default has none; a value that was written has a span; one that passed through variables
/// or an alias also has a [`Trace`].
// Every value has one, so it is no larger than a span: the few with a trace have theirs elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin(Source);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Source {
    #[default]
    Default,
    Written(Span),
    Traced(Arc<(Option<Span>, Arc<Trace>)>),
}

/// What happened to a value between its text and its use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The parts of the value that variables produced, in order.
    pub parts: Vec<Part>,
    /// Where an alias (`*name`) put the value to use; the span is that of the anchored text.
    pub used_at: Option<Span>,
}

/// A part of a value that a variable produced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The bytes of the resulting value.
    pub range: Range<u32>,
    /// The variable's name.
    pub variable: SmolStr,
    /// Where the variable's value came from.
    pub source: VariableSource,
}

/// Where a variable's value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableSource {
    /// The process environment, or what stands for it (a `Stack`'s variables).
    Environment,
    /// A line of a `.env` file.
    File(Span),
    /// The default in the expression: `${NAME:-default}`.
    Default,
    /// Nowhere: the variable is not set and the part is empty.
    Unset,
}

impl Origin {
    /// A value that nobody wrote.
    pub const DEFAULT: Self = Self(Source::Default);

    /// A value written at `span`.
    pub const fn at(span: Span) -> Self {
        Self(Source::Written(span))
    }

    /// Where the value is written; `None` for a default.
    pub fn span(&self) -> Option<Span> {
        match &self.0 {
            Source::Default => None,
            Source::Written(span) => Some(*span),
            Source::Traced(traced) => traced.0,
        }
    }

    fn trace(&self) -> Option<&Trace> {
        match &self.0 {
            Source::Default | Source::Written(_) => None,
            Source::Traced(traced) => Some(&traced.1),
        }
    }

    /// True unless the value is a default.
    pub fn is_written(&self) -> bool {
        self.span().is_some()
    }

    /// The parts that variables produced; empty for a literal.
    pub fn parts(&self) -> &[Part] {
        self.trace().map_or(&[], |trace| &trace.parts)
    }

    /// The place of the alias through which the value came.
    pub fn used_at(&self) -> Option<Span> {
        self.trace().and_then(|trace| trace.used_at)
    }

    /// The same place, with the parts that interpolation produced.
    pub fn with_parts(self, parts: Vec<Part>) -> Self {
        let used_at = self.used_at();
        self.with_trace(Arc::new(Trace { parts, used_at }))
    }

    /// The same place with a trace that several values share.
    pub fn with_trace(self, trace: Arc<Trace>) -> Self {
        Self(Source::Traced(Arc::new((self.span(), trace))))
    }

    /// The same place, reached through the alias at `span`. The outermost alias wins.
    pub fn via_alias(self, span: Span) -> Self {
        let parts = self.parts().to_vec();
        self.with_trace(Arc::new(Trace { parts, used_at: Some(span) }))
    }
}

impl From<Span> for Origin {
    fn from(span: Span) -> Self {
        Self::at(span)
    }
}

/// A value with its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Spanned<T> {
    /// A value from `origin`.
    pub fn new(value: T, origin: impl Into<Origin>) -> Self {
        Self { value, origin: origin.into() }
    }

    /// A value that nobody wrote.
    pub fn default_value(value: T) -> Self {
        Self { value, origin: Origin::DEFAULT }
    }

    /// Where the value is written; `None` for a default.
    pub fn span(&self) -> Option<Span> {
        self.origin.span()
    }

    /// The same origin for a value made from this one.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: map(self.value), origin: self.origin }
    }

    /// A borrowed value with the same origin.
    pub fn as_ref(&self) -> Spanned<&T> {
        Spanned { value: &self.value, origin: self.origin.clone() }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Spanned<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
