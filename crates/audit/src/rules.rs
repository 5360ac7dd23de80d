//! The rules, a file each, by what they look at. A directory's list is its registry: a rule that is not in it is dead code, which the
//! compiler says.

mod ci;
mod compose;
mod dockerfile;
mod environment;
mod kubernetes;
mod mysql;
mod nginx;
mod php;
mod prometheus;
mod redis;
mod repository;
mod suppression;

use std::sync::OnceLock;

use crate::rule::Rule;

/// Every rule in the order of ids.
pub fn all() -> &'static [&'static Rule] {
    static ALL: OnceLock<Vec<&'static Rule>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut rules: Vec<&'static Rule> = [
            ci::RULES,
            compose::RULES,
            dockerfile::RULES,
            environment::RULES,
            kubernetes::RULES,
            mysql::RULES,
            nginx::RULES,
            php::RULES,
            prometheus::RULES,
            redis::RULES,
            repository::RULES,
            suppression::RULES,
        ]
        .into_iter()
        .flatten()
        .copied()
        .collect();
        rules.sort_by_key(|rule| rule.id);
        rules
    })
}

/// The rules that a name means; see [`Rule::is_named`].
pub fn named(name: &str) -> impl Iterator<Item = &'static Rule> {
    all().iter().copied().filter(move |rule| rule.is_named(name))
}
