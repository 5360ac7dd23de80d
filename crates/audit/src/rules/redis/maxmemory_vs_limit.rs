//! RD009 maxmemory-vs-limit.

use windlass_conf::redis::bytes;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Redis may fill all memory that its container has.
    ///
    /// ## Why
    /// To write a snapshot or to shorten its log Redis makes a copy of itself, which needs memory beside `maxmemory`; the kernel kills it instead.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: [redis-server, --maxmemory, 512mb]
    ///     mem_limit: 512m
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: [redis-server, --maxmemory, 512mb]
    ///     mem_limit: 768m
    /// ```
    pub(crate) static RULE = {
        id: "RD009", slug: "maxmemory-vs-limit", control: MemoryBudget, severity: P2,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_redis() {
        return findings.not_applicable();
    }
    let (Some(limit), Some(setting)) = (service.memory_limit(), service.redis_setting("maxmemory")) else {
        return findings.not_applicable();
    };
    let Some(size) = bytes(&setting.text).filter(|size| *size > 0) else { return };
    if size < limit.value.unsigned_abs() {
        return;
    }
    findings
        .report(limit.span().or(service.key_span()), format!("`maxmemory` is `{}`, and the container has no more", setting.text))
        .severity(service.grade(RULE.severity))
        .related(setting.span, "what Redis may take")
        .help("give the container a third more than `maxmemory`");
}
