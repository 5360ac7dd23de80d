//! `${VARIABLE}` → its value, in every text of a document, before anything looks at a value.
//!
//! A value keeps its place and names the variables that went into it. Keys are left as they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Part, Span, VariableSource};
use windlass_yaml::{Node, Value};

use crate::environment::Environment;
use crate::loader::Loader;
use crate::template::{self, TemplateErrorKind};

const INTERPOLATION: Code = Code("compose::interpolation");
const MISSING_VARIABLE: Code = Code("compose::missing-variable");
const UNSET_VARIABLE: Code = Code("compose::unset-variable");

/// The codes of what can be wrong with a variable in a text.
pub(crate) const VARIABLE_FAULTS: [Code; 2] = [INTERPOLATION, MISSING_VARIABLE];

/// Replaces the variables in a document as it was read.
pub(crate) fn interpolate_document(loader: &mut Loader<'_>, document: &mut Node, environment: &Environment) {
    // A quoted text may have its dollar sign as an escape.
    if loader.text_around(document).is_none_or(|text| memchr::memchr2(b'$', b'\\', text.as_bytes()).is_some()) {
        interpolate(loader, document, environment);
    }
}

/// Replaces the variables in every text of `tree`.
pub(crate) fn interpolate(loader: &mut Loader<'_>, tree: &mut Node, environment: &Environment) {
    let mut pass = Pass { loader, environment, unset: BTreeSet::new() };
    pass.node(tree);
}

struct Pass<'l, 'a> {
    loader: &'l mut Loader<'a>,
    environment: &'l Environment,
    /// Variables that were reported as unset in this document.
    unset: BTreeSet<SmolStr>,
}

impl Pass<'_, '_> {
    fn node(&mut self, node: &mut Node) {
        if self.loader.is_overgrown() {
            return;
        }
        match &mut node.value {
            Value::Map(map) => map.values_mut().for_each(|value| self.node(value)),
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.node(item)),
            Value::String(text) if text.bytes().any(|byte| byte == b'$') => {
                let text = text.clone();
                if let Some((value, parts)) = self.text(&text, node.origin.span())
                    && self.loader.count_growth(value.len().saturating_sub(text.len()), node.origin.span()).is_some()
                {
                    node.value = Value::String(value);
                    if !parts.is_empty() {
                        node.origin = std::mem::take(&mut node.origin).with_parts(parts);
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, span: Option<Span>) -> Option<(SmolStr, Vec<Part>)> {
        let environment = self.environment;
        match template::interpolate(text, &|name| environment.lookup(name)) {
            Ok(done) => {
                for unset in done.unset {
                    self.warn_of_unset(&unset.name, text, span, unset.range);
                }
                Some((SmolStr::from(done.text), done.parts))
            }
            Err(errors) => {
                self.loader.has_variables = true;
                for error in errors {
                    let place = self.locate(span, text, error.range.clone());
                    self.loader.report(describe(&error, place));
                }
                None
            }
        }
    }

    /// One warning a variable and document: docker compose, too, says it once.
    fn warn_of_unset(&mut self, name: &SmolStr, text: &str, span: Option<Span>, range: std::ops::Range<usize>) {
        if !self.unset.insert(name.clone()) {
            return;
        }
        let place = self.locate(span, text, range);
        self.loader.report(
            Diagnostic::warning(UNSET_VARIABLE, format!("the variable `{name}` is not set; it becomes empty text"))
                .at(place)
                .help(format!("set `{name}` in the environment or in `.env`, or give a default: `${{{name}:-default}}`")),
        );
    }

    fn locate(&self, span: Option<Span>, text: &str, range: std::ops::Range<usize>) -> Option<Span> {
        let span = span?;
        let file = Arc::clone(self.loader.sources.file(span.file).text());
        Some(template::locate(span, file.get(span.range()).unwrap_or_default(), text, range))
    }
}

fn describe(error: &template::TemplateError, place: Option<Span>) -> Diagnostic {
    match &error.kind {
        TemplateErrorKind::Required { name, .. } => Diagnostic::error(MISSING_VARIABLE, error.to_string())
            .at(place)
            .help(format!("set `{name}` in the environment, in `.env` or in a file given with `--env-file`")),
        TemplateErrorKind::Invalid => {
            Diagnostic::error(INTERPOLATION, error.to_string()).at(place).help("a dollar sign that is meant as such is written twice: `$$`")
        }
        TemplateErrorKind::TooDeep | TemplateErrorKind::TooLong => Diagnostic::error(INTERPOLATION, error.to_string()).at(place),
    }
}

/// What a variable is that an attribute names instead of writing its value (`environment: [NAME]`).
pub(crate) fn part(name: &str, value: &str, source: VariableSource) -> Vec<Part> {
    let end = u32::try_from(value.len()).unwrap_or(u32::MAX);
    vec![Part { range: 0..end, variable: name.into(), source }]
}
