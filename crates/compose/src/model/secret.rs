//! `secrets.*`: a secret of the project.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::external::EXTERNAL_FILE;
use crate::model::label::{LABELS, Labels};
use crate::model::record::record;
use crate::model::rule::{OPTIONS, TEXT};

record! {
    /// A secret of the project.
    pub struct Secret as SECRET {
        /// Its name for the engine. Default: project and key with `_` between, for an external one the key.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// The file that holds it.
        file: Option<Spanned<SmolStr>> = TEXT,
        /// The variable that holds it.
        environment: Option<Spanned<SmolStr>> = TEXT,
        /// It is there already.
        external: Option<Spanned<bool>> = EXTERNAL_FILE,
        /// Its labels.
        labels: Labels = LABELS,
        /// The driver (Swarm).
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        driver_opts: Labels = OPTIONS,
        /// The driver that fills in its templates (Swarm).
        template_driver: Option<Spanned<SmolStr>> = TEXT,
    }
}
