//! RD004 maxmemory.

use windlass_conf::redis::Redis;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Redis may take all memory that there is.
    ///
    /// ## Why
    /// Redis grows until the kernel kills it, in the middle of whatever it does. With `maxmemory` it drops keys or refuses writes, and lives.
    ///
    /// ## Example
    /// ```conf docker/redis.conf
    /// appendonly yes
    /// ```
    /// ## Use instead
    /// ```conf docker/redis.conf
    /// appendonly yes
    /// maxmemory 256mb
    /// ```
    pub(crate) static RULE = {
        id: "RD004", slug: "maxmemory", control: RedisSettings, severity: P2,
        seed: "9.2, 13.3",
        fix: Suggest,
        effort: 10,
        check: Redis(check),
    }
}

fn check(config: &ConfigContext<'_>, redis: &Redis, findings: &mut Findings<'_>) {
    if config.services().any(|(service, _)| service.redis_option("maxmemory").is_some()) {
        return;
    }
    let directive = redis.get("maxmemory");
    if directive.is_some_and(|directive| directive.text(0).is_some_and(|size| size != "0")) {
        return;
    }
    let limit = config.services().find_map(|(service, _)| service.memory_limit());
    // A quarter is left for copies that Redis makes while it writes to the disk.
    let line = limit.map(|limit| format!("maxmemory {}mb", (limit.value.unsigned_abs() >> 20) * 3 / 4));
    let edit = line.as_ref().map(|line| match directive {
        Some(directive) => replace(directive.span, line.as_str()),
        None => config.add_line(line),
    });
    findings
        .report(directive.map_or(config.start(), |directive| directive.span), "Redis may take all memory that there is")
        .severity(config.grade(RULE.severity))
        .help(format!("write `{}`: three quarters of what the container has", line.as_deref().unwrap_or("maxmemory 256mb")))
        .suggest("take three quarters of the container's memory", edit);
}
