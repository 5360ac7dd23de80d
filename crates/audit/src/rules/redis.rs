//! Rules over Redis, its configuration and command.

use windlass_conf::redis::Redis;

use crate::context::ConfigContext;
use crate::rule::Rule;

mod aof;
mod appendfsync;
mod bind_all;
mod config_not_loaded;
mod evict_queue;
mod maxmemory;
mod maxmemory_policy;
mod maxmemory_vs_limit;
mod protected_mode;
mod requirepass;
mod save;

pub(super) static RULES: &[&Rule] = &[
    &aof::RULE,
    &appendfsync::RULE,
    &save::RULE,
    &maxmemory::RULE,
    &maxmemory_policy::RULE,
    &evict_queue::RULE,
    &protected_mode::RULE,
    &requirepass::RULE,
    &maxmemory_vs_limit::RULE,
    &bind_all::RULE,
    &config_not_loaded::RULE,
];

/// True for a Redis that drops old keys, and into which no service of its stacks puts jobs.
fn is_cache(config: &ConfigContext<'_>, redis: &Redis) -> bool {
    let evicts = redis.get("maxmemory-policy").is_some_and(|policy| policy.text(0).is_some_and(|policy| policy.starts_with("allkeys-")));
    evicts && !config.services().any(|(service, _)| service.stack().services().any(|other| other.queues_in(service).is_some()))
}
