//! RD010 bind-all.

use windlass_conf::Word;
use windlass_conf::redis::Redis;

use crate::context::{ConfigContext, Reach};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Redis listens on all addresses of a machine.
    ///
    /// In a container it has to, for others to reach it: there it is reported only where the port is published on all addresses.
    ///
    /// ## Why
    /// On a machine with a public address that is an open Redis.
    ///
    /// ## Example
    /// ```conf docker/redis.conf
    /// bind 0.0.0.0
    /// ```
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: [redis-server, /etc/redis/redis.conf]
    ///     ports: ["6379:6379"]
    ///     volumes:
    ///       - ./docker/redis.conf:/etc/redis/redis.conf:ro
    /// ```
    /// ## Use instead
    /// ```conf docker/redis.conf
    /// bind 0.0.0.0
    /// ```
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: [redis-server, /etc/redis/redis.conf]
    ///     volumes:
    ///       - ./docker/redis.conf:/etc/redis/redis.conf:ro
    /// ```
    pub(crate) static RULE = {
        id: "RD010", slug: "bind-all", control: RedisSettings, severity: P3,
        effort: 5,
        check: Redis(check),
    }
}

fn check(config: &ConfigContext<'_>, redis: &Redis, findings: &mut Findings<'_>) {
    let is_all = |word: &Word| matches!(word.text.trim_start_matches('-'), "0.0.0.0" | "*" | "::" | "::*");
    let Some(directive) = redis.get("bind").filter(|directive| directive.arguments.iter().any(is_all)) else { return };
    if config.services().all(|(service, _)| service.redis_reach() != Reach::Public) && !config.uses().is_empty() {
        return findings.exempt("it is in a container, and its port is not published on all addresses");
    }
    findings
        .report(directive.span, "Redis listens on all addresses")
        .severity(config.grade(RULE.severity))
        .help("publish the port on 127.0.0.1, or bind one address");
}
