//! Rules over files of variables.

use crate::rule::Rule;

mod env_duplicate;
mod example_real_secret;

pub(super) static RULES: &[&Rule] = &[&example_real_secret::RULE, &env_duplicate::RULE];
