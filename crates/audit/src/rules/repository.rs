//! Rules over the repository as a whole: guides, tests.

use crate::rule::Rule;

mod compose_comments;
mod setup_doc;
mod troubleshooting_doc;

pub(super) static RULES: &[&Rule] = &[&setup_doc::RULE, &troubleshooting_doc::RULE, &compose_comments::RULE];
