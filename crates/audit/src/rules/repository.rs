//! Rules over the repository as a whole: guides, tests.

use crate::rule::Rule;

mod troubleshooting_doc;

pub(super) static RULES: &[&Rule] = &[&troubleshooting_doc::RULE];
