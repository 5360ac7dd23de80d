//! CO017 privileged.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container runs privileged.
    ///
    /// P2 for agents that look after the machine.
    ///
    /// ## Why
    /// A privileged container has every capability and every device, without seccomp and AppArmor. Who breaks into it has the machine.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     privileged: true
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     cap_add:
    ///       - NET_BIND_SERVICE
    /// ```
    pub(crate) static RULE = {
        id: "CO017", slug: "privileged", control: HostAccess, severity: P1,
        aliases: ["kics:privileged_containers_enabled", "compose-lint:CL-0002", "docker-bench:5.5"],
        effort: 60,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(privileged) = service.privileged.as_ref().filter(|privileged| privileged.value) else { return };
    findings
        .report(privileged.span().or(service.key_span()), format!("`{}` runs privileged", service.name()))
        .severity(service.grade_on_host(RULE.severity))
        .help("name the capabilities and devices that it needs: `cap_add`, `devices`");
}
