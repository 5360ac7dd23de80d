//! CO031 pids-limit.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container may start any number of processes.
    ///
    /// The repair needs a number, which a person has to choose.
    ///
    /// ## Why
    /// A fork bomb, or a server that starts a process for each request, takes the process table of the machine.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     pids_limit: 256
    /// ```
    pub(crate) static RULE = {
        id: "CO031", slug: "pids-limit", control: ResourceLimits, severity: P3,
        aliases: ["kics:pids_limit_not_set", "docker-bench:5.29"],
        fix: Suggest,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.pids_limit().is_some() {
        return;
    }
    findings
        .report(service.key_span(), format!("`{}` may start any number of processes", service.name()))
        .help("set `pids_limit` to a few times what it has when it is busy")
        .suggest("limit its processes", service.limit_pids("256"));
}
