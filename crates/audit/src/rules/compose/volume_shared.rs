//! CO060 volume-shared.

use windlass_compose::model::{Mount, MountKind};

use crate::context::Role;
use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Services of different images write to one volume.
    ///
    /// Services of one image are taken for parts of one application; a backup is expected to see what others write.
    ///
    /// ## Why
    /// Neither knows what the other changes, and on a cluster both must run on one machine.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes: ["files:/srv/files"]
    ///   report:
    ///     image: acme/report:2.0
    ///     volumes: ["files:/in"]
    /// volumes:
    ///   files:
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes: ["files:/srv/files"]
    ///   report:
    ///     image: acme/report:2.0
    ///     volumes: ["files:/in:ro"]
    /// volumes:
    ///   files:
    /// ```
    pub(crate) static RULE = {
        id: "CO060", slug: "volume-shared", control: Mounts, severity: P3,
        seed: "8.1",
        aliases: ["kics:volume_mounted_in_multiple_containers", "kics:shared_volumes_between_containers"],
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let volumes: Vec<&Mount> = written(*service).collect();
    if volumes.is_empty() || service.role() == Role::Backup {
        return findings.not_applicable();
    }
    for mount in volumes {
        let shares = |other: &ServiceContext<'_>| {
            // Each pair once, at the later one.
            other.name() < service.name()
                && other.role() != Role::Backup
                && !is_alike(*other, *service)
                && written(*other).any(|theirs| source(theirs) == source(mount))
        };
        let Some(other) = service.stack().services().find(shares) else { continue };
        let volume = source(mount).unwrap_or_default();
        findings
            .report(
                mount.source.as_ref().and_then(|source| source.span()),
                format!("`{}` and `{}` both write to the volume `{volume}`", other.name(), service.name()),
            )
            .related(other.key_span(), "the other service")
            .help("mount it read-only (`:ro`) where nothing is written");
    }
}

fn source(mount: &Mount) -> Option<&str> {
    mount.source.as_ref().map(|source| source.value.as_str())
}

/// The named volumes that a service can write to.
fn written(service: ServiceContext<'_>) -> impl Iterator<Item = &Mount> {
    let mounts = service.model().volumes.iter().map(|mount| &mount.value);
    mounts.filter(|mount| {
        mount.kind.value == MountKind::Volume && mount.source.is_some() && !mount.read_only.as_ref().is_some_and(|flag| flag.value)
    })
}

/// They run the same image.
fn is_alike(one: ServiceContext<'_>, other: ServiceContext<'_>) -> bool {
    let context = |service: ServiceContext<'_>| service.dockerfile().map(|dockerfile| dockerfile.build_context().to_owned());
    let image = |service: ServiceContext<'_>| service.model().image.as_ref().map(|image| image.value.clone());
    (context(one).is_some() && context(one) == context(other)) || (image(one).is_some() && image(one) == image(other))
}
