//! RD003 save.

use windlass_conf::redis::Redis;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::redis::is_cache;

declare_rule! {
    /// Redis takes no snapshots.
    ///
    /// Reported where they are switched off; without a line there are snapshots. A cache is excused.
    ///
    /// ## Why
    /// A snapshot is the file that a backup copies; the log alone grows and is slow to load.
    ///
    /// ## Example
    /// ```conf docker/redis.conf
    /// appendonly yes
    /// save ""
    /// ```
    /// ## Use instead
    /// ```conf docker/redis.conf
    /// appendonly yes
    /// save 900 1
    /// ```
    pub(crate) static RULE = {
        id: "RD003", slug: "save", control: Durability, severity: P3,
        seed: "9.2",
        fix: Auto,
        effort: 5,
        check: Redis(check),
    }
}

fn check(config: &ConfigContext<'_>, redis: &Redis, findings: &mut Findings<'_>) {
    let off = redis.all("save").find(|directive| directive.text(0) == Some(""));
    let Some(off) = off.filter(|_| !redis.all("save").any(|directive| directive.arguments.len() > 1)) else { return };
    if config.services().any(|(service, _)| service.redis_option("save").is_some()) {
        return;
    }
    if is_cache(config, redis) {
        return findings.exempt("it drops whatever is old when its memory is full: a cache");
    }
    findings
        .report(off.span, "snapshots are switched off")
        .severity(config.grade(RULE.severity))
        .help("write `save 900 1`")
        .fix("take one after a change in a quarter of an hour", replace(off.span, "save 900 1"));
}
