//! Rules over Prometheus.

use crate::rule::Rule;

mod no_rules;
mod scrape_self_only;

pub(super) static RULES: &[&Rule] = &[&scrape_self_only::RULE, &no_rules::RULE];
