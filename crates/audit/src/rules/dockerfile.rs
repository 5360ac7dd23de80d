//! Rules over Dockerfiles and `.dockerignore`.

use crate::rule::Rule;

mod apt_recommends;
mod dockerignore_missing;
mod healthcheck_missing;

pub(super) static RULES: &[&Rule] = &[&apt_recommends::RULE, &dockerignore_missing::RULE, &healthcheck_missing::RULE];
