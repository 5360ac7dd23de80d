//! CO034 ulimits.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A server is told to lock its memory, or needs to by its documentation, and is not allowed to.
    ///
    /// Other limits are left alone: Docker's defaults are high.
    ///
    /// ## Why
    /// The default limit is far below what a server needs. Elasticsearch and OpenSearch refuse to start, others warn and are swapped out.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   search:
    ///     image: elasticsearch:8.19.0
    ///     environment:
    ///       bootstrap.memory_lock: "true"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   search:
    ///     image: elasticsearch:8.19.0
    ///     environment:
    ///       bootstrap.memory_lock: "true"
    ///     ulimits:
    ///       memlock:
    ///         soft: -1
    ///         hard: -1
    /// ```
    pub(crate) static RULE = {
        id: "CO034", slug: "ulimits", control: ResourceLimits, severity: P3,
        aliases: ["docker-bench:5.19"],
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let locks = service.variable("bootstrap.memory_lock").filter(|value| value.value == "true");
    if locks.is_none() && !service.runs("dragonfly") {
        return findings.not_applicable();
    }
    let is_privileged = service.privileged.as_ref().is_some_and(|flag| flag.value);
    let may_lock = service.cap_add.iter().any(|added| added.value.trim_start_matches("CAP_") == "IPC_LOCK");
    if service.ulimits.contains("memlock") || is_privileged || may_lock {
        return;
    }
    findings
        .report(
            locks.and_then(|value| value.span()).or(service.key_span()),
            format!("`{}` may not lock the memory that it wants to", service.name()),
        )
        .help("set `ulimits.memlock` to -1")
        .suggest("let it lock its memory", service.insert("ulimits", "memlock:\n  soft: -1\n  hard: -1"));
}
