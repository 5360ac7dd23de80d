//! `extra_hosts`: lines of /etc/hosts.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::by_name::ByName;
use crate::model::rule::{Kinds, Names, Rule, TEXT, TEXTS};

/// Host names with their addresses.
pub type ExtraHosts = ByName<Vec<Spanned<SmolStr>>>;

/// A map of names and addresses, or a list of `name=address` and `name:address`.
pub(crate) const EXTRA_HOSTS: Rule = {
    static NAMES: Names = Names { allows: |name| !name.is_empty(), wanted: Some("a name that is not empty"), rule: TEXTS.or(Kinds::TEXT) };
    Rule::names(&NAMES).or_list(&TEXT).distinct()
};
