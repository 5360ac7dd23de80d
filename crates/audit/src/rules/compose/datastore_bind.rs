//! CO056 datastore-bind.

use windlass_compose::model::MountKind;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A datastore keeps its data in a directory of the host, not in a volume.
    ///
    /// ## Why
    /// Owners and modes are those of the host's users, the path exists on one machine, and what tidies up that directory takes the
    /// database with it. On Docker Desktop it is also slow.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     volumes:
    ///       - ./data:/var/lib/postgresql/data
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     volumes:
    ///       - db-data:/var/lib/postgresql/data
    /// volumes:
    ///   db-data:
    /// ```
    pub(crate) static RULE = {
        id: "CO056", slug: "datastore-bind", control: DatastoreVolumes, severity: P3,
        seed: "4.1",
        fix: Suggest,
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let mut paths = service.data_paths().peekable();
    if !service.role().is_datastore() || paths.peek().is_none() {
        return findings.not_applicable();
    }
    let is_at = |target: &str| service.data_paths().any(|path| path == target.trim_end_matches('/'));
    for mount in service.volumes.iter().filter(|mount| mount.value.kind.value == MountKind::Bind && is_at(&mount.value.target.value)) {
        findings
            .report(
                mount.span().or(service.attribute_span("volumes")),
                format!("the data of `{}` lies in a directory of the host", service.name()),
            )
            .help("use a named volume, and copy the data into it while the service is stopped");
    }
}
