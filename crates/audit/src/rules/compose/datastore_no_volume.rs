//! CO055 datastore-no-volume.

use windlass_compose::model::MountKind;

use crate::context::Role;
use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A datastore keeps its data in the container.
    ///
    /// P1 for databases and object stores, P2 for search engines and brokers, whose content can mostly be made again; one lower in
    /// development.
    ///
    /// ## Why
    /// `docker compose down`, or a new image, takes the container away and everything in it.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
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
        id: "CO055", slug: "datastore-no-volume", control: DatastoreVolumes, severity: P1,
        seed: "4.1, 12.1",
        fix: Suggest,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let is_kept = matches!(service.role(), Role::Datastore | Role::Storage | Role::Search | Role::Broker);
    let Some(path) = service.data_paths().next().filter(|_| is_kept && service.is_long_running()) else {
        return findings.not_applicable();
    };
    // What is mounted elsewhere may well be where its settings move the data to.
    let keeps = service.volumes.iter().any(|mount| match mount.value.kind.value {
        MountKind::Volume | MountKind::Cluster => mount.value.source.is_some(),
        MountKind::Bind => service.data_paths().any(|path| service.mounts_at(path)) || !has_extension(&mount.value.target.value),
        _ => false,
    });
    if keeps || !service.volumes_from.is_empty() {
        return;
    }
    if service.is_in_memory(path) {
        return findings.exempt("its data is kept in memory on purpose");
    }
    let grade = match service.role() {
        Role::Datastore | Role::Storage => service.grade(Severity::P1),
        role if service.is_production() => Grade::new(Severity::P2, format!("the content of a {} can mostly be made again", role.as_str())),
        _ => service.grade(Severity::P2),
    };
    findings
        .report(service.key_span(), format!("the data of `{}` ends with its container", service.name()))
        .severity(grade)
        .help(format!("mount a named volume at `{path}`"));
}

/// The last step of a path has an extension, as files have.
fn has_extension(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.trim_start_matches('.').contains('.'))
}
