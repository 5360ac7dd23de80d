//! Rules over PHP: settings, and pools of PHP-FPM.

use windlass_conf::ini::{Ini, Section};

use crate::rule::Rule;

mod display_errors;
mod display_startup;
mod error_log_file;
mod expose_php;
mod fpm_children;
mod fpm_max_requests;
mod fpm_memory;
mod fpm_ping;
mod fpm_pm;
mod ini_order;
mod log_errors;
mod max_execution;
mod memory_limit;
mod opcache_enable;
mod opcache_files;
mod opcache_memory;
mod opcache_timestamps;
mod revalidate_dev;
mod upload_sizes;

pub(super) static RULES: &[&Rule] = &[
    &opcache_enable::RULE,
    &opcache_timestamps::RULE,
    &opcache_memory::RULE,
    &opcache_files::RULE,
    &memory_limit::RULE,
    &max_execution::RULE,
    &upload_sizes::RULE,
    &display_errors::RULE,
    &log_errors::RULE,
    &error_log_file::RULE,
    &expose_php::RULE,
    &display_startup::RULE,
    &revalidate_dev::RULE,
    &fpm_pm::RULE,
    &fpm_children::RULE,
    &fpm_max_requests::RULE,
    &fpm_memory::RULE,
    &fpm_ping::RULE,
    &ini_order::RULE,
];

/// The sections of a file that are pools.
fn pools(file: &Ini) -> impl Iterator<Item = &Section> {
    file.sections.iter().filter(|section| section.name.as_ref().is_some_and(|name| name.text != "global"))
}
