//! RD005 maxmemory-policy.

use windlass_conf::redis::Redis;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Redis has a limit of memory, and nothing says what happens there.
    ///
    /// ## Why
    /// Without `maxmemory-policy` every write fails once the limit is reached. That is right for a queue and wrong for a cache; write down which it is.
    ///
    /// ## Example
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// ```
    /// ## Use instead
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// maxmemory-policy allkeys-lru
    /// ```
    pub(crate) static RULE = {
        id: "RD005", slug: "maxmemory-policy", control: RedisSettings, severity: P3,
        seed: "9.2, 13.3",
        fix: Suggest,
        effort: 5,
        check: Redis(check),
    }
}

fn check(config: &ConfigContext<'_>, redis: &Redis, findings: &mut Findings<'_>) {
    if config.services().any(|(service, _)| service.redis_option("maxmemory-policy").is_some()) {
        return;
    }
    let Some(limit) = redis.get("maxmemory").filter(|directive| directive.text(0) != Some("0")) else { return findings.not_applicable() };
    if redis.get("maxmemory-policy").is_some() {
        return;
    }
    findings
        .report(limit.span, "nothing says what happens when the memory is full")
        .severity(config.grade(RULE.severity))
        .help("write `maxmemory-policy allkeys-lru` for a cache, `noeviction` for a queue")
        .suggest("drop what was used least recently", config.line_after(limit.span, "maxmemory-policy allkeys-lru"));
}
