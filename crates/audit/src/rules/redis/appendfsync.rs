//! RD002 appendfsync.

use windlass_conf::redis::Redis;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Redis leaves it to the kernel when its log reaches the disk.
    ///
    /// ## Why
    /// With `appendfsync no` half a minute of changes is lost when the machine stops. `everysec` loses one second and costs next to nothing.
    ///
    /// ## Example
    /// ```conf docker/redis.conf
    /// appendonly yes
    /// appendfsync no
    /// ```
    /// ## Use instead
    /// ```conf docker/redis.conf
    /// appendonly yes
    /// appendfsync everysec
    /// ```
    pub(crate) static RULE = {
        id: "RD002", slug: "appendfsync", control: Durability, severity: P3,
        seed: "9.2, 13.3",
        fix: Auto,
        effort: 5,
        check: Redis(check),
    }
}

fn check(config: &ConfigContext<'_>, redis: &Redis, findings: &mut Findings<'_>) {
    let Some(directive) = redis.get("appendfsync").filter(|directive| directive.text(0) == Some("no")) else { return };
    findings
        .report(directive.span, "the log reaches the disk when the kernel likes")
        .severity(config.grade(RULE.severity))
        .help("write `appendfsync everysec`")
        .fix("write it every second", replace(directive.span, "appendfsync everysec"));
}
