//! `services.*.logging`: where a container's output goes.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::label::Labels;
use crate::model::record::record;
use crate::model::rule::{Kinds, NUMBER_OR_TEXT, Names, Rule, TEXT};

record! {
    /// Where a container's output goes.
    pub struct Logging as LOGGING {
        /// The engine's driver. Default: `json-file`, unless the engine is set up otherwise.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        options: Labels = Rule::names(&OPTIONS),
    }
}

static OPTIONS: Names = Names { allows: |name| !name.is_empty(), wanted: None, rule: NUMBER_OR_TEXT.or(Kinds::NULL) };
