//! `environment`, `build.args`: variables.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::by_name::ByName;
use crate::model::rule::Rule;
use crate::model::table::{TABLE, variables};

/// Variables; one without a value is taken from where Compose runs, and not set when it is not set there.
pub type Environment = ByName<Option<Spanned<SmolStr>>>;

/// A map of scalars, or a list of `NAME=value` and `NAME`.
pub(crate) const ENVIRONMENT: Rule = TABLE.long_form(variables);
