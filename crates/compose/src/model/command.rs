//! `command`, `entrypoint`: the words that run.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::rule::{Kinds, Rule, TEXTS};

/// The words of a command.
pub type CommandLine = Vec<Spanned<SmolStr>>;

/// Words, or a text that is split into words as a shell would, or nothing.
pub(crate) const COMMAND: Rule = TEXTS.or(Kinds::TEXT).or(Kinds::NULL);
