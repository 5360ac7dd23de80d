//! `env_file`: files of environment variables.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::record::record;
use crate::model::rule::{BOOL_OR_TEXT, Kinds, Rule, TEXT};

record! {
    /// A file of environment variables.
    pub struct EnvFile as ENV_FILE_OBJECT.without_extensions().requiring(&["path"]) {
        /// The file.
        path: Spanned<SmolStr> = TEXT,
        /// False: it may be missing. Default: true.
        required: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// `raw`: no quotes, no variables. Default: as `.env`.
        format: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// A path, or a list of paths and maps.
pub(crate) const ENV_FILE: Rule = {
    const ITEM: Rule = Rule::object(&ENV_FILE_OBJECT).or(Kinds::TEXT);
    Rule::list(&ITEM).or(Kinds::TEXT)
};
