//! Rules over pipelines.

use crate::rule::Rule;

mod no_image_scan;

pub(super) static RULES: &[&Rule] = &[&no_image_scan::RULE];
