//! CO014 reservation-over-limit.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service reserves more than it may use.
    ///
    /// ## Why
    /// Docker and Kubernetes refuse the container.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           memory: 256M
    ///         reservations:
    ///           memory: 512M
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           memory: 512M
    ///         reservations:
    ///           memory: 256M
    /// ```
    pub(crate) static RULE = {
        id: "CO014", slug: "reservation-over-limit", control: ResourceLimits, severity: P1,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let (memory, cpu) = (service.memory_reservation(), service.cpu_reservation());
    if memory.is_none() && cpu.is_none() {
        return findings.not_applicable();
    }
    let over_memory = memory.zip(service.memory_limit()).filter(|(reserved, limit)| reserved.value > limit.value);
    let over_cpu = cpu.zip(service.cpu_limit()).filter(|(reserved, limit)| reserved.value > limit.value);
    let memory = over_memory.map(|(reserved, limit)| (reserved.span(), limit.span(), "memory"));
    let cpu = over_cpu.map(|(reserved, limit)| (reserved.span(), limit.span(), "processor"));
    for (reserved, limit, what) in [memory, cpu].into_iter().flatten() {
        findings
            .report(reserved.or(service.key_span()), format!("`{}` reserves more {what} than its limit allows", service.name()))
            .related(limit, "the limit")
            .help("raise the limit, or reserve less");
    }
}
