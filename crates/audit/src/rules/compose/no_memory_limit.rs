//! CO012 no-memory-limit.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service may use all memory of the machine.
    ///
    /// ## Why
    /// A leak in one container ends others: the kernel chooses whom it kills when memory runs out.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           cpus: "1"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           cpus: "1"
    ///           memory: 512M
    /// ```
    pub(crate) static RULE = {
        id: "CO012", slug: "no-memory-limit", control: ResourceLimits, severity: P2,
        seed: "2.2, 5.1, 12.1, 17.1",
        aliases: ["kics:memory_not_limited", "compose-lint:CL-0026", "docker-bench:5.11"],
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.memory_limit().is_some() {
        return;
    }
    let help = service
        .usual_limits()
        .map_or(String::new(), |usual| format!("; `{}` is a start for this image", usual.memory.trim_end_matches('i')));
    findings
        .report(service.key_span(), format!("`{}` has no memory limit", service.name()))
        .severity(service.grade(RULE.severity))
        .help(format!("set `deploy.resources.limits.memory`{help}"));
}
