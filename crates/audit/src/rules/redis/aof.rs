//! RD001 aof.

use windlass_conf::redis::Redis;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::redis::is_cache;

declare_rule! {
    /// Redis writes no log of changes to the disk.
    ///
    /// A Redis that drops old keys when its memory is full is taken for a cache and excused.
    ///
    /// ## Why
    /// Without `appendonly` all that was written since the last snapshot is lost when the container ends: minutes of sessions, jobs and counters.
    ///
    /// ## Example
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// maxmemory-policy noeviction
    /// ```
    /// ## Use instead
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// maxmemory-policy noeviction
    /// appendonly yes
    /// ```
    pub(crate) static RULE = {
        id: "RD001", slug: "aof", control: Durability, severity: P2,
        seed: "9.2",
        fix: Auto,
        effort: 5,
        check: Redis(check),
    }
}

fn check(config: &ConfigContext<'_>, redis: &Redis, findings: &mut Findings<'_>) {
    if config.services().any(|(service, _)| service.redis_option("appendonly").is_some()) {
        return;
    }
    let directive = redis.get("appendonly");
    if directive.is_some_and(|directive| directive.text(0) == Some("yes")) {
        return;
    }
    if is_cache(config, redis) {
        return findings.exempt("it drops whatever is old when its memory is full: a cache");
    }
    let edit = match directive {
        Some(directive) => replace(directive.span, "appendonly yes"),
        None => config.add_line("appendonly yes"),
    };
    findings
        .report(directive.map_or(config.start(), |directive| directive.span), "changes are not logged to the disk")
        .severity(config.grade(RULE.severity))
        .help("write `appendonly yes`")
        .fix("log changes", edit);
}
