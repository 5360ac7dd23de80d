//! `services.*.extends`: the service that another starts from.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::record::record;
use crate::model::rule::{Kinds, Rule, TEXT};

record! {
    /// The service that another starts from.
    pub struct Extends as EXTENDS_OBJECT.without_extensions().requiring(&["service"]) {
        /// Its name.
        service: Spanned<SmolStr> = TEXT,
        /// The file that has it; `None`: this one.
        file: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// A name, or a map.
pub(crate) const EXTENDS: Rule = Rule::object(&EXTENDS_OBJECT).or(Kinds::TEXT);
