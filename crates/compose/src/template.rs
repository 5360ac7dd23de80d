//! `${…}` in compose text and `.env` files: text and a lookup in; the new text, what produced its parts, and what was unset out.
//!
//! The language is that of docker compose 2.40: `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?message}`,
//! `${VAR?message}`, `${VAR:+alternate}`, `${VAR+alternate}`, nested, and `$$` for one dollar sign. What follows an operator is
//! expanded even when it is not used, so an unset `${B:?}` stops `${A:-${B:?}}` whether `A` is set or not.
//! Values are never expanded again, so a variable can't contain itself.
//! Which variables exist, and who is told of an unset one, is the caller's affair.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use smol_str::SmolStr;
use windlass_source::{Part, Span, VariableSource};

mod token;

pub use token::{Declared, Operator, variables};
use token::{Token, tokens};

/// Levels of `${…}` inside `${…}`.
const MAX_DEPTH: usize = 64;
/// Bytes that variables may add to one text. Literal text is counted once a level instead.
const MAX_GROWTH: usize = 4 << 20;
/// Errors reported for one text.
const MAX_ERRORS: usize = 20;

/// What a lookup knows of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'v> {
    /// Its value; may be empty.
    pub value: &'v str,
    /// Where the value came from.
    pub source: VariableSource,
}

/// A text after interpolation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interpolated<'t> {
    /// The new text; borrowed when nothing had to be replaced.
    pub text: Cow<'t, str>,
    /// The parts of it that variables produced, in order, not overlapping. Text written inside an expression (a default, an
    /// alternate) belongs to the outermost variable and has the source [`VariableSource::Default`].
    pub parts: Vec<Part>,
    /// Each use of a variable without a value, where the expression has no default.
    pub unset: Vec<Unset>,
}

/// A use of a variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    /// The variable's name.
    pub name: SmolStr,
    /// The expression's bytes in the text before interpolation.
    pub range: Range<usize>,
}

/// An expression that can't be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong.
    pub kind: TemplateErrorKind,
    /// The expression's bytes in the text before interpolation.
    pub range: Range<usize>,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateErrorKind {
    /// `${` is not followed by a name and `}`, or by a name, an operator and a `}` on the same line.
    Invalid,
    /// `${NAME:?message}` or `${NAME?message}`, and the variable has no value.
    Required {
        /// The variable's name.
        name: SmolStr,
        /// The message, expanded; may be empty.
        message: String,
    },
    /// More than 64 levels of expressions inside expressions.
    TooDeep,
    /// The result is more than 4 MiB longer than its text.
    TooLong,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TemplateErrorKind::Invalid => formatter.write_str("invalid interpolation: expected `$NAME`, `${NAME}` or `${NAME:-default}`"),
            TemplateErrorKind::Required { name, message } if message.is_empty() => {
                write!(formatter, "required variable `{name}` is missing a value")
            }
            TemplateErrorKind::Required { name, message } => {
                write!(formatter, "required variable `{name}` is missing a value: {message}")
            }
            TemplateErrorKind::TooDeep => write!(formatter, "more than {MAX_DEPTH} variables nested in each other"),
            TemplateErrorKind::TooLong => formatter.write_str("variables make the text longer than 4 MiB"),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Replaces the variables in a text (Compose specification, "interpolation"). Text without `$` is returned as it is.
///
/// # Errors
/// Every expression that can't be expanded, in the order of the text (20 at most); never an empty list.
pub fn interpolate<'t, 'v>(text: &'t str, lookup: &dyn Fn(&str) -> Option<Variable<'v>>) -> Result<Interpolated<'t>, Vec<TemplateError>> {
    if !text.contains('$') {
        return Ok(Interpolated { text: Cow::Borrowed(text), ..Interpolated::default() });
    }
    let budget = text.len().saturating_mul(MAX_DEPTH).saturating_add(MAX_GROWTH);
    let mut expansion = Expansion { lookup, budget, parts: Vec::new(), unset: Vec::new(), errors: Vec::new() };
    match expansion.expand(text, 0, 0) {
        Some(text) => Ok(Interpolated { text, parts: expansion.parts, unset: expansion.unset }),
        None => Err(expansion.errors),
    }
}

/// The place of bytes of a scalar's text. Exact where the scalar stands in the file as it is read (plain, or quoted without
/// escapes and line breaks); otherwise the whole scalar. `raw` is the file's text under `span`.
pub fn locate(span: Span, raw: &str, text: &str, range: Range<usize>) -> Span {
    let quoted = |quote: char| raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if raw == text {
        span.slice(range)
    } else if quoted('\'').or_else(|| quoted('"')) == Some(text) {
        span.slice(range.start + 1..range.end + 1)
    } else {
        span
    }
}

struct Expansion<'a, 'v> {
    lookup: &'a dyn Fn(&str) -> Option<Variable<'v>>,
    /// Bytes that may still be written, on all levels together.
    budget: usize,
    parts: Vec<Part>,
    unset: Vec<Unset>,
    errors: Vec<TemplateError>,
}

impl<'v> Expansion<'_, 'v> {
    /// The expanded text; `None` when an error was noted. `base` is the place of `template` in the whole text.
    fn expand<'t>(&mut self, template: &'t str, base: usize, depth: usize) -> Option<Cow<'t, str>> {
        if !template.contains('$') {
            return Some(Cow::Borrowed(template));
        }
        if depth > MAX_DEPTH {
            self.fail(TemplateErrorKind::TooDeep, base..base + template.len());
            return None;
        }
        let errors_before = self.errors.len();
        let mut out = String::with_capacity(template.len());
        for token in tokens(template) {
            let (value, variable): (Cow<'_, str>, _) = match token {
                Token::Literal(text) => (text.into(), None),
                Token::Dollar => ("$".into(), None),
                Token::Invalid(range) => {
                    self.fail(TemplateErrorKind::Invalid, shift(range, base));
                    continue;
                }
                Token::Variable { name, operation: None, range } => {
                    let (value, source) = match (self.lookup)(name) {
                        Some(variable) => (variable.value, variable.source),
                        None => {
                            self.unset.push(Unset { name: name.into(), range: shift(range, base) });
                            ("", VariableSource::Unset)
                        }
                    };
                    (value.into(), Some((name, source)))
                }
                Token::Variable { name, operation: Some((operator, operand, at)), range } => {
                    let Some(operand) = self.expand(operand, base + at, depth + 1) else { continue };
                    match self.operate(name, operator, operand, shift(range, base)) {
                        Some((value, source)) => (value, Some((name, source))),
                        None => continue,
                    }
                }
            };
            let Some(budget) = self.budget.checked_sub(value.len()) else {
                self.fail(TemplateErrorKind::TooLong, base..base + template.len());
                return None;
            };
            self.budget = budget;
            if let (0, Some((name, source))) = (depth, variable) {
                let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let range = clamp(out.len())..clamp(out.len() + value.len());
                self.parts.push(Part { range, variable: name.into(), source });
            }
            out.push_str(&value);
            if self.errors.len() >= MAX_ERRORS {
                break;
            }
        }
        (self.errors.len() == errors_before).then_some(Cow::Owned(out))
    }

    /// The value of `${name<operator>operand}` and its source; `None` when an error was noted.
    fn operate<'t>(
        &mut self,
        name: &str,
        operator: Operator,
        operand: Cow<'t, str>,
        range: Range<usize>,
    ) -> Option<(Cow<'t, str>, VariableSource)>
    where
        'v: 't,
    {
        let variable = (self.lookup)(name);
        let counts = variable.as_ref().is_some_and(|variable| !operator.empty_is_unset() || !variable.value.is_empty());
        Some(match operator {
            Operator::DefaultIfEmpty | Operator::DefaultIfUnset if !counts => (operand, VariableSource::Default),
            Operator::AlternateIfFilled | Operator::AlternateIfSet if counts => (operand, VariableSource::Default),
            Operator::RequiredFilled | Operator::RequiredSet if !counts => {
                self.fail(TemplateErrorKind::Required { name: name.into(), message: operand.into_owned() }, range);
                return None;
            }
            _ => match variable {
                Some(variable) => (variable.value.into(), variable.source),
                None => ("".into(), VariableSource::Unset),
            },
        })
    }

    fn fail(&mut self, kind: TemplateErrorKind, range: Range<usize>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(TemplateError { kind, range });
        }
    }
}

fn shift(range: Range<usize>, base: usize) -> Range<usize> {
    range.start + base..range.end + base
}

#[cfg(test)]
mod tests;
