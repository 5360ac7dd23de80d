//! CO032 cgroup-parent.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A container runs in a control group of its own choice.
    ///
    /// ## Why
    /// The limits of that group hold instead of those that the administrator set for containers.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     cgroup_parent: /system.slice
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    pub(crate) static RULE = {
        id: "CO032", slug: "cgroup-parent", control: HostAccess, severity: P3,
        aliases: ["kics:cgroup_not_default", "docker-bench:5.25"],
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(parent) = service.cgroup_parent.as_ref().filter(|parent| !parent.value.is_empty()) else { return };
    findings
        .report(parent.span().or(service.key_span()), format!("`{}` runs in the control group `{}`", service.name(), parent.value))
        .help("leave it out unless that group is made for it");
}
