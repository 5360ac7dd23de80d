//! Rules over suppressions; they are told while suppressions are applied.

use crate::rule::Rule;

mod suppression_expired;
mod suppression_unexplained;
mod suppression_unused;

pub(super) static RULES: &[&Rule] = &[&suppression_expired::RULE, &suppression_unexplained::RULE, &suppression_unused::RULE];
