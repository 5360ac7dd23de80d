//! CO033 tmpfs-exec.

use windlass_compose::short::tmpfs;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Programs can be run from a file system in memory, or gain privileges or open devices there.
    ///
    /// ## Why
    /// Docker mounts `tmpfs` with `noexec`, `nosuid` and `nodev`, so that what an attacker drops there can't be started. These options
    /// take that away.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     tmpfs:
    ///       - /tmp:exec,size=64m
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     tmpfs:
    ///       - /tmp:size=64m
    /// ```
    pub(crate) static RULE = {
        id: "CO033", slug: "tmpfs-exec", control: RuntimeHardening, severity: P3,
        aliases: ["compose-lint:CL-0022"],
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.tmpfs.is_empty() {
        return findings.not_applicable();
    }
    for mount in &service.tmpfs {
        let spec = tmpfs::parse(&mount.value);
        let on: Vec<&str> = spec.options.iter().map(|(name, _)| name.value).filter(|name| ["exec", "suid", "dev"].contains(name)).collect();
        if on.is_empty() {
            continue;
        }
        let options = on.join("`, `");
        findings
            .report(
                mount.span().or(service.attribute_span("tmpfs")),
                format!("`{}` of `{}` is mounted with `{options}`", spec.path.value, service.name()),
            )
            .help("leave the option out unless the program runs what it writes there");
    }
}
