//! CO026 host-ns.

use windlass_compose::model::{Cgroup, Namespace};
use windlass_source::Spanned;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A container shares processes, memory or another namespace with the host.
    ///
    /// `pid` and `ipc` are P1, P2 for agents. `cgroup` is P2. `uts` and `userns_mode` are P3: without further rights the first shows a
    /// name, and the second matters only where Docker maps users.
    ///
    /// ## Why
    /// It sees and can signal every process of the host, or reads memory that others share.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     pid: host
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     pid: "service:db"
    ///   db:
    ///     image: postgres:17
    /// ```
    pub(crate) static RULE = {
        id: "CO026", slug: "host-ns", control: HostAccess, severity: P1,
        aliases: [
            "kics:host_namespace_is_shared", "kics:ipc_set_to_host", "compose-lint:CL-0010", "docker-bench:5.16", "docker-bench:5.17",
            "docker-bench:5.21", "docker-bench:5.31",
        ],
        effort: 30,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let minor = |why: &str| Grade::new(Severity::P3, why);
    let of = |namespace: &Option<Spanned<Namespace>>| {
        namespace.as_ref().filter(|namespace| namespace.value == Namespace::Host).map(|namespace| namespace.span())
    };
    let cgroup = service.cgroup.as_ref().filter(|cgroup| cgroup.value == Cgroup::Host).map(|cgroup| cgroup.span());
    let shared = [
        (of(&service.pid), "the processes", service.grade_on_host(Severity::P1)),
        (of(&service.ipc), "the shared memory", service.grade_on_host(Severity::P1)),
        (cgroup, "the control groups", service.grade_on_host(Severity::P2)),
        (of(&service.uts), "the name", minor("it can change the name only with `SYS_ADMIN`")),
        (of(&service.userns_mode), "the users", minor("it changes something only where Docker maps users")),
    ];
    for (span, what, grade) in shared {
        let Some(span) = span else { continue };
        findings
            .report(span.or(service.key_span()), format!("`{}` shares {what} of the host", service.name()))
            .severity(grade)
            .help("remove it, or share with one service: `service:NAME`");
    }
}
