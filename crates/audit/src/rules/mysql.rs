//! Rules over MySQL and MariaDB.

use crate::rule::Rule;

mod auth_plugin;
mod buffer_pool;
mod charset;
mod config_not_mounted;
mod flush_log;
mod log_file_size;
mod long_query;
mod max_connections;
mod max_packet;
mod root_host;
mod slow_log;

pub(super) static RULES: &[&Rule] = &[
    &buffer_pool::RULE,
    &log_file_size::RULE,
    &flush_log::RULE,
    &max_connections::RULE,
    &max_packet::RULE,
    &charset::RULE,
    &slow_log::RULE,
    &long_query::RULE,
    &auth_plugin::RULE,
    &config_not_mounted::RULE,
    &root_host::RULE,
];
