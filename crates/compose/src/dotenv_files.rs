//! Files of variables: read, their findings told, their variables handed on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Span, VariableSource};

use crate::dotenv::{Dotenv, ProblemKind};
use crate::environment::{Environment, Variable};
use crate::loader::Loader;
use crate::template;

const DOTENV: Code = Code("compose::env-file");
const UNSET_VARIABLE: Code = Code("compose::unset-variable");

/// How a service's file of variables is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The dialect of `.env`.
    Dotenv,
    /// `NAME=value`, the value up to the end of the line as it is.
    Raw,
}

impl Format {
    /// The format of that name, or `None` after reporting that there is none.
    pub(crate) fn from_name(name: Option<&str>, span: Option<Span>, loader: &mut Loader<'_>) -> Option<Self> {
        match name {
            None | Some("") => Some(Self::Dotenv),
            Some("raw") => Some(Self::Raw),
            Some(other) => {
                loader.report(
                    Diagnostic::error(DOTENV, format!("`{other}` is no format of an `env_file`"))
                        .at(span)
                        .help("leave `format` out, or write `raw`"),
                );
                None
            }
        }
    }
}

/// The variables of `.env` files, of which a later one wins; `outer` is asked first inside values. `None` after reporting
/// an error. With each file stands where it was asked for.
pub(crate) fn read(loader: &mut Loader<'_>, files: &[(PathBuf, Option<Span>)], outer: &Environment) -> Option<Vec<(SmolStr, Variable)>> {
    let mut dotenv = Dotenv::new();
    for (path, asked_at) in files {
        read_onto(loader, &mut dotenv, path, "env file", *asked_at, &|name| outer.lookup(name))?;
    }
    Some(variables(&dotenv).collect())
}

/// What a file of variables holds.
pub(crate) fn variables(dotenv: &Dotenv) -> impl Iterator<Item = (SmolStr, Variable)> {
    dotenv.iter().map(|(name, entry)| (name.clone(), Variable { value: entry.value.value.as_str().into(), source: entry.source.clone() }))
}

/// Reads one more file onto those before it. `None` after reporting an error.
pub(crate) fn read_onto<'v>(
    loader: &mut Loader<'_>,
    dotenv: &mut Dotenv,
    path: &Path,
    what: &str,
    asked_at: Option<Span>,
    outside: &dyn Fn(&str) -> Option<template::Variable<'v>>,
) -> Option<()> {
    let file = loader.text(path, what, asked_at)?;
    let text = Arc::clone(loader.sources.file(file).text());
    let (told, unset, grown) = (dotenv.problems.len(), dotenv.unset.len(), dotenv.grown());
    dotenv.read(file, &text, outside);
    let place = asked_at.or(Some(Span::new(file, 0..0)));
    loader.count_growth(dotenv.grown() - grown, place)?;
    loader.count_values(dotenv.iter().len(), place)?;
    for name in &dotenv.unset[unset..] {
        loader.report(
            Diagnostic::warning(UNSET_VARIABLE, format!("the variable `{}` is not set; it becomes empty text", name.value)).at(name.span()),
        );
    }
    let mut wrong = false;
    for problem in &dotenv.problems[told..] {
        wrong |= problem.is_error();
        let message = problem.to_string();
        let diagnostic = if problem.is_error() { Diagnostic::error(DOTENV, message) } else { Diagnostic::warning(DOTENV, message) };
        let diagnostic = diagnostic.at(problem.span);
        loader.report(match problem.kind {
            ProblemKind::KeyCharacter(_) | ProblemKind::KeySpace => diagnostic.help("a line is `NAME=value`; a comment starts with `#`"),
            ProblemKind::Unclosed(quote) => diagnostic.help(format!("close it with `{quote}`")),
            _ => diagnostic,
        });
    }
    (!wrong).then_some(())
}

/// The variables of a file in the raw format, in order. `None` after reporting an error.
pub(crate) fn read_raw(
    loader: &mut Loader<'_>,
    path: &Path,
    asked_at: Option<Span>,
    outside: &dyn Fn(&str) -> Option<Variable>,
) -> Option<Vec<(SmolStr, Variable)>> {
    let file = loader.text(path, "env_file", asked_at)?;
    let text = Arc::clone(loader.sources.file(file).text());
    let mut found = Vec::new();
    let mut wrong = false;
    let mut at = 0;
    for whole in text.split_inclusive('\n') {
        let start = at;
        at += whole.len();
        let line = whole.trim_end_matches('\n').trim_end_matches('\r').trim_start_matches('\u{feff}');
        let start = start + whole.find(line).unwrap_or(0);
        let trimmed = line.trim_start_matches([' ', '\t']);
        let start = start + line.len() - trimmed.len();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (name, value) = match trimmed.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (trimmed, None),
        };
        let span = Span::new(file, start..start + name.len().max(1));
        if name.is_empty() || name.contains([' ', '\t']) {
            wrong = true;
            let message = if name.is_empty() { "the line has no name" } else { "the name of a variable can't contain a space" };
            loader.report(Diagnostic::error(DOTENV, message).at(span).help("a line of the raw format is `NAME=value`, without spaces"));
            continue;
        }
        match value {
            Some(value) => {
                let end = start + trimmed.len();
                let source = VariableSource::File(Span::new(file, end - value.len()..end));
                found.push((name.into(), Variable { value: value.into(), source }));
            }
            None => found.extend(outside(name).map(|variable| (name.into(), variable))),
        }
    }
    (!wrong).then_some(found)
}
