//! RD006 evict-queue.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Redis that holds jobs drops whatever is old when its memory is full.
    ///
    /// Only queues are looked for: a session that is dropped costs a login. It counts as a setting of Redis, since the disk has no part in it.
    ///
    /// ## Why
    /// The jobs that wait longest are dropped first, without a word: mails that are never sent, payments that are never booked.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: [redis-server, --maxmemory, 256mb, --maxmemory-policy, allkeys-lru]
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       REDIS_HOST: redis
    ///       QUEUE_CONNECTION: redis
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: [redis-server, --maxmemory, 256mb, --maxmemory-policy, noeviction]
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       REDIS_HOST: redis
    ///       QUEUE_CONNECTION: redis
    /// ```
    pub(crate) static RULE = {
        id: "RD006", slug: "evict-queue", control: RedisSettings, severity: P2,
        effort: 45,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_redis() {
        return findings.not_applicable();
    }
    let Some(policy) = service.redis_setting("maxmemory-policy").filter(|policy| policy.text.starts_with("allkeys-")) else { return };
    let Some(because) = service.stack().services().find_map(|other| other.queues_in(*service)) else { return };
    findings
        .report(
            policy.span.or(service.key_span()),
            format!("service `{}` drops jobs when its memory is full: `{}`", service.name(), policy.text),
        )
        .severity(service.grade(RULE.severity))
        .because(because)
        .help("use two of them: one for the cache, one with `noeviction` for the queue");
}
