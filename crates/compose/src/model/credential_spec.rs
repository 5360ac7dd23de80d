//! `services.*.credential_spec`: credentials of a managed service account (Windows).

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::record::record;
use crate::model::rule::TEXT;

record! {
    /// Where the credentials are described.
    pub struct CredentialSpec as CREDENTIAL_SPEC {
        /// In a config.
        config: Option<Spanned<SmolStr>> = TEXT,
        /// In a file.
        file: Option<Spanned<SmolStr>> = TEXT,
        /// In the registry.
        registry: Option<Spanned<SmolStr>> = TEXT,
    }
}
