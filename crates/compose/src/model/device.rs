//! `services.*.devices`: devices of the host.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::record::record;
use crate::model::rule::{Kinds, Rule, TEXT};

record! {
    /// A device of the host.
    pub struct Device as DEVICE_OBJECT.requiring(&["source"]) {
        /// Its path on the host, or the name of a CDI device (`vendor.com/class=name`).
        source: Spanned<SmolStr> = TEXT,
        /// Its path in the container.
        target: Option<Spanned<SmolStr>> = TEXT,
        /// `r`, `w` and `m` together.
        permissions: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// A map, or `source[:target[:permissions]]`.
pub(crate) const DEVICE: Rule = Rule::object(&DEVICE_OBJECT).or(Kinds::TEXT);
