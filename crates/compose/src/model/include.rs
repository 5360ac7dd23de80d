//! `include`: other Compose files.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::long::map_of;
use crate::model::record::record;
use crate::model::rule::{Kinds, Rule, TEXT, TEXT_OR_TEXTS};

record! {
    /// Other Compose files.
    pub struct Include as INCLUDE_OBJECT.without_extensions() {
        /// The files, of which later ones override earlier ones.
        path: Vec<Spanned<SmolStr>> = TEXT_OR_TEXTS,
        /// Where their relative paths start. Default: where the first of them stands.
        project_directory: Option<Spanned<SmolStr>> = TEXT,
        /// Files of variables for them.
        env_file: Vec<Spanned<SmolStr>> = TEXT_OR_TEXTS,
    }
}

/// A path, or a map.
pub(crate) const INCLUDE: Rule = Rule::object(&INCLUDE_OBJECT).or(Kinds::TEXT).long_form(long_form);

fn long_form(node: &mut Node, _: &mut Context<'_>) {
    if let Value::String(_) = node.value {
        map_of(node, "path");
    }
}
