//! `configs.*`: a config of the project.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::external::{self, EXTERNAL_FILE};
use crate::model::label::Labels;
use crate::model::paths;
use crate::model::record::record;
use crate::model::rule::{Rule, TEXT};
use crate::model::table::PLAIN_TABLE;

record! {
    /// A config of the project.
    pub struct Config as CONFIG_OBJECT {
        /// Its name for the engine. Default: project and key with `_` between, for an external one the key.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// The file that holds it.
        file: Option<Spanned<SmolStr>> = TEXT.path(paths::of_engine),
        /// Its text.
        content: Option<Spanned<SmolStr>> = TEXT,
        /// The variable that holds it.
        environment: Option<Spanned<SmolStr>> = TEXT,
        /// It is there already.
        external: Option<Spanned<bool>> = EXTERNAL_FILE,
        /// Its labels.
        labels: Labels = PLAIN_TABLE,
        /// The driver that fills in its templates (Swarm).
        template_driver: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// A map.
pub(crate) const CONFIG: Rule = Rule::object(&CONFIG_OBJECT).long_form(external::new_form);
