//! CO061 volume-anonymous.

use windlass_compose::model::MountKind;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A volume has no name.
    ///
    /// Excused is a path under a bind mount, where an anonymous volume keeps what the image has there in view.
    ///
    /// ## Why
    /// Nobody finds the data again: `docker compose down -v` takes it along, and without `-v` volumes nobody knows pile up.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - /srv/files
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - files:/srv/files
    /// volumes:
    ///   files:
    /// ```
    pub(crate) static RULE = {
        id: "CO061", slug: "volume-anonymous", control: Mounts, severity: P3,
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let mut anonymous =
        service.volumes.iter().filter(|mount| mount.value.kind.value == MountKind::Volume && mount.value.source.is_none()).peekable();
    if anonymous.peek().is_none() {
        return findings.not_applicable();
    }
    let is_under_bind = |path: &str| {
        let binds = service.volumes.iter().filter(|mount| mount.value.kind.value == MountKind::Bind);
        binds
            .into_iter()
            .any(|bind| path.strip_prefix(bind.value.target.value.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/')))
    };
    for mount in anonymous.filter(|mount| !is_under_bind(&mount.value.target.value)) {
        findings
            .report(
                mount.span().or(service.attribute_span("volumes")),
                format!("the volume of `{}` at `{}` has no name", service.name(), mount.value.target.value),
            )
            .help("name it, and declare it under `volumes`; or use `tmpfs` when nothing must be kept");
    }
}
