//! `volumes.*`: a named volume of the project.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::external::EXTERNAL;
use crate::model::label::{LABELS, Labels};
use crate::model::record::record;
use crate::model::rule::{OPTIONS, TEXT};

record! {
    /// A named volume of the project.
    pub struct Volume as VOLUME {
        /// Its name for the engine. Default: project and key with `_` between, for an external one the key.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// The driver. Default: `local`.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        driver_opts: Labels = OPTIONS,
        /// It is there already.
        external: Option<Spanned<bool>> = EXTERNAL,
        /// Its labels.
        labels: Labels = LABELS,
    }
}
