//! `secrets.*`: a secret of the project.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::external::{self, EXTERNAL_FILE};
use crate::model::label::Labels;
use crate::model::paths;
use crate::model::record::record;
use crate::model::rule::{OPTIONS, Rule, TEXT};
use crate::model::table::PLAIN_TABLE;

record! {
    /// A secret of the project.
    pub struct Secret as SECRET_OBJECT {
        /// Its name for the engine. Default: project and key with `_` between, for an external one the key.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// The file that holds it.
        file: Option<Spanned<SmolStr>> = TEXT.path(paths::of_engine),
        /// The variable that holds it.
        environment: Option<Spanned<SmolStr>> = TEXT,
        /// It is there already.
        external: Option<Spanned<bool>> = EXTERNAL_FILE,
        /// Its labels.
        labels: Labels = PLAIN_TABLE,
        /// The driver (Swarm).
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        driver_opts: Labels = OPTIONS,
        /// The driver that fills in its templates (Swarm).
        template_driver: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// A map.
pub(crate) const SECRET: Rule = Rule::object(&SECRET_OBJECT).long_form(external::new_form);
