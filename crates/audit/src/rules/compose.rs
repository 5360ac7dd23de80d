//! Rules over stacks and their services.

use crate::rule::Rule;

mod no_new_privileges;
mod port_all_interfaces;
mod service_no_healthcheck;
mod user_root;

pub(super) static RULES: &[&Rule] =
    &[&no_new_privileges::RULE, &port_all_interfaces::RULE, &service_no_healthcheck::RULE, &user_root::RULE];
