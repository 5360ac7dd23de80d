//! `ulimits`: limits of processes.

use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::read::Read;
use crate::model::record::record;
use crate::model::rule::{COUNT, Cast, Kinds, Merge, Names, Rule};

/// A limit of processes.
#[derive(Clone, Debug)]
pub enum Ulimit {
    /// One number for both.
    Single(i64),
    /// Two numbers.
    Range(UlimitRange),
}

record! {
    /// A limit that a process may raise up to another.
    pub struct UlimitRange as ULIMIT_RANGE.requiring(&["soft", "hard"]) {
        /// What holds.
        soft: Spanned<i64> = COUNT,
        /// Up to where a process may raise it.
        hard: Spanned<i64> = COUNT,
    }
}

impl Read for Ulimit {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => UlimitRange::read(node, context).map(Self::Range),
            _ => i64::read(node, context).map(Self::Single),
        }
    }
}

/// A text would have become a number by now.
fn no_text(node: &mut Node, context: &mut Context<'_>) {
    if node.as_str().is_some() {
        context.unreadable(node, "a whole number, or `soft` and `hard`");
    }
}

/// A map of the kernel's names and one or two numbers.
pub(crate) const ULIMITS: Rule = {
    static NAMES: Names = Names {
        allows: |name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()),
        wanted: None,
        rule: Rule::object(&ULIMIT_RANGE).or(Kinds::INT).or(Kinds::TEXT).merged(Merge::Replace).cast(Cast::Int).long_form(no_text),
    };
    Rule::names(&NAMES)
};

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn limits_are_replaced_whole() {
        let cases: &[(&[&str], &str)] = &[
            (&["ulimits: { nofile: { soft: 1, hard: '2' } }", "ulimits: { nofile: '3' }"], "{ulimits: {nofile: 3}}"),
            (&["ulimits: { nofile: { soft: 1 } }"], "`ulimits.nofile` of service `web` needs `hard` @ { soft: 1 }"),
            (&["ulimits: { nofile: many }"], "`ulimits.nofile` of service `web` must be a whole number @ many"),
        ];
        for (files, expected) in cases {
            let said = web(files);
            assert_eq!(said.lines().next(), Some(*expected), "{files:?}");
        }
    }
}
