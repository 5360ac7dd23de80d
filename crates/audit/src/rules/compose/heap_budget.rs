//! CO091 heap-budget.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The heap of a Java or Node.js process takes more than three quarters of its container's memory.
    ///
    /// ## Why
    /// Beside the heap there are threads, code and buffers: the container is killed under load.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       JAVA_OPTS: -Xmx1g
    ///     mem_limit: 1g
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       JAVA_OPTS: -Xmx700m
    ///     mem_limit: 1g
    /// ```
    pub(crate) static RULE = {
        id: "CO091", slug: "heap-budget", control: MemoryBudget, severity: P2,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    const NAMES: [&str; 6] = ["JAVA_OPTS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "ES_JAVA_OPTS", "CATALINA_OPTS", "NODE_OPTIONS"];
    let Some(limit) = service.memory_limit() else { return findings.not_applicable() };
    for name in NAMES {
        let Some(value) = service.variable(name) else { continue };
        let Some(heap) = value.value.split_whitespace().find_map(heap) else { continue };
        if heap.saturating_mul(4) > limit.value.saturating_mul(3) {
            findings
                .report(
                    value.span().or(service.key_span()),
                    format!("the heap of `{}` takes more than three quarters of its memory", service.name()),
                )
                .related(limit.span(), "its limit")
                .severity(service.grade(RULE.severity))
                .help("lower it, or write `-XX:MaxRAMPercentage=75`");
        }
    }
}

/// The bytes of `-Xmx1g` and `--max-old-space-size=1024`.
fn heap(option: &str) -> Option<i64> {
    if let Some(megabytes) = option.strip_prefix("--max-old-space-size=") {
        return megabytes.parse::<i64>().ok()?.checked_mul(1 << 20);
    }
    let text = option.strip_prefix("-Xmx")?;
    let shift = match text.chars().last()?.to_ascii_lowercase() {
        'k' => 10,
        'm' => 20,
        'g' => 30,
        _ => return text.parse().ok(),
    };
    text[..text.len() - 1].parse::<i64>().ok()?.checked_mul(1 << shift)
}
