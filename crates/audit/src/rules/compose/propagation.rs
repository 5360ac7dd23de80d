//! CO030 propagation.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// What is mounted below a bind mount is seen on the other side, in both directions.
    ///
    /// The repair (`rslave`) keeps the direction from the host to the container. It is for a person to make, since mounts that the
    /// container makes are no longer seen on the host.
    ///
    /// ## Why
    /// With the right to mount, the container can put file systems into the host's tree; and it sees whatever is mounted there later.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - type: bind
    ///         source: /srv/data
    ///         target: /data
    ///         bind:
    ///           propagation: rshared
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - type: bind
    ///         source: /srv/data
    ///         target: /data
    ///         bind:
    ///           propagation: rslave
    /// ```
    pub(crate) static RULE = {
        id: "CO030", slug: "propagation", control: HostAccess, severity: P3,
        aliases: ["compose-lint:CL-0017", "docker-bench:5.20"],
        fix: Suggest,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    for mount in &service.volumes {
        let Some(propagation) = mount.value.bind.as_ref().and_then(|bind| bind.propagation.as_ref()) else { continue };
        if !matches!(propagation.value.as_str(), "shared" | "rshared") {
            continue;
        }
        let edit = service.context().replace(propagation.span(), &propagation.value, "rslave");
        findings
            .report(
                propagation.span().or(mount.span()),
                format!("mounts below `{}` of `{}` are shared with the host", mount.value.target.value, service.name()),
            )
            .help("leave it out, or use `rslave` where the container must see later mounts of the host")
            .suggest("let mounts go one way only", edit);
    }
}
