//! CO013 no-reservation.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service of a stack for production has limits, and reserves neither processor nor memory.
    ///
    /// Services without limits are not looked at: those come first.
    ///
    /// ## Why
    /// A scheduler (Swarm, Kubernetes) places containers by what they reserve. Without reservations it puts all on one node until that is
    /// full.
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
    ///           cpus: "1"
    ///           memory: 512M
    ///         reservations:
    ///           cpus: "0.25"
    ///           memory: 256M
    /// ```
    pub(crate) static RULE = {
        id: "CO013", slug: "no-reservation", control: ResourceLimits, severity: P3,
        seed: "2.2",
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let has_limit = service.cpu_limit().is_some() || service.memory_limit().is_some();
    if !has_limit || !service.is_production() {
        return findings.not_applicable();
    }
    if service.cpu_reservation().is_some() || service.memory_reservation().is_some() {
        return;
    }
    findings
        .report(service.key_span(), format!("`{}` has limits, and reserves nothing", service.name()))
        .help("set `deploy.resources.reservations` to what it uses on a quiet day");
}
