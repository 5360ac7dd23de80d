//! RD007 protected-mode.

use windlass_conf::redis::Redis;

use crate::context::{ConfigContext, Reach, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// Redis answers everybody without a password.
    ///
    /// P1 where its port is reached from outside; P3 where only the stack's own network and this machine reach it, which a stack of one's own may accept.
    ///
    /// ## Why
    /// `protected-mode no` switches off the guard that refuses strangers while no password is set. From then on whoever reaches the port can read all, and run code by way of modules and scripts.
    ///
    /// ## Example
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// protected-mode no
    /// ```
    /// ## Use instead
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// protected-mode yes
    /// ```
    pub(crate) static RULE = {
        id: "RD007", slug: "protected-mode", control: RedisSettings, severity: P3,
        seed: "9.2",
        fix: Suggest,
        effort: 15,
        check: Redis(check),
    }
}

fn check(config: &ConfigContext<'_>, redis: &Redis, findings: &mut Findings<'_>) {
    let Some(directive) = redis.get("protected-mode").filter(|directive| directive.text(0) == Some("no")) else { return };
    let has_password = ["requirepass", "aclfile", "user"].iter().any(|name| redis.get(name).is_some());
    if has_password || config.services().any(|(service, _)| service.redis_has_password()) {
        return;
    }
    let open = config.services().find(|(service, _)| service.redis_reach() == Reach::Public);
    let grade = match open {
        Some((service, _)) => match service.grade(Severity::P1) {
            Grade { severity: Severity::P1, .. } => {
                Grade::new(Severity::P1, format!("the port of service `{}` is published on all addresses", service.name()))
            }
            lower => lower,
        },
        None if config.uses().is_empty() => Grade::new(Severity::P3, "no compose file says who reaches it"),
        None => Grade::new(Severity::P3, "only the stack's own network and this machine reach it"),
    };
    findings
        .report(directive.span, "Redis answers everybody without a password")
        .severity(grade)
        .help("set `requirepass`, and leave `protected-mode` out")
        .suggest("leave the guard on", replace(directive.span, "protected-mode yes"));
}
