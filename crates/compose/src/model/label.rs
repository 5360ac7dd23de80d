//! `labels`, `annotations`: names with texts.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::by_name::ByName;
use crate::model::rule::Rule;
use crate::model::table::TABLE;

/// Names with texts; a name without a value has the empty text.
pub type Labels = ByName<Spanned<SmolStr>>;

/// A map of scalars, or a list of `NAME=value`.
pub(crate) const LABELS: Rule = TABLE;
