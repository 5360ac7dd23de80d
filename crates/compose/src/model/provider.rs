//! `services.*.provider`: a service that a program beside Compose runs.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::by_name::ByName;
use crate::model::record::record;
use crate::model::rule::{Kinds, NUMBER_OR_TEXT, Names, Rule, TEXT};

record! {
    /// The program that runs the service.
    pub struct Provider as PROVIDER.requiring(&["type"]) {
        /// Its name.
        kind ["type"]: Spanned<SmolStr> = TEXT,
        /// Its options, each with one or more values.
        options: ByName<Vec<Spanned<SmolStr>>> = Rule::names(&OPTIONS),
    }
}

const VALUE: Rule = NUMBER_OR_TEXT.or(Kinds::BOOL);

static OPTIONS: Names = Names { allows: |name| !name.is_empty(), wanted: None, rule: VALUE.or_list(&VALUE) };
