//! `services.*.extends`: the service that another starts from.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::long::map_of;
use crate::model::paths::{self, Base};
use crate::model::record::record;
use crate::model::rule::{Kinds, Rule, TEXT};

record! {
    /// The service that another starts from.
    pub struct Extends as EXTENDS_OBJECT.without_extensions().requiring(&["service"]) {
        /// Its name.
        service: Spanned<SmolStr> = TEXT,
        /// The file that has it; `None`: this one.
        file: Option<Spanned<SmolStr>> = TEXT.path(resolve),
    }
}

/// A name, or a map.
pub(crate) const EXTENDS: Rule = Rule::object(&EXTENDS_OBJECT).or(Kinds::TEXT).long_form(long_form);

fn long_form(node: &mut Node, _: &mut Context<'_>) {
    if let Value::String(_) = node.value {
        map_of(node, "service");
    }
}

/// A file elsewhere stays as it is.
fn resolve(node: &mut Node, base: &Base<'_>, context: &mut Context<'_>) {
    if !node.as_str().is_some_and(paths::is_remote_context) {
        paths::local(node, base, context);
    }
}
