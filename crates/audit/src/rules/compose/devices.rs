//! CO029 devices.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A container gets devices of the host.
    ///
    /// P2 for disks, memory and the kernel's own, P3 for those made to be used: graphics, serial ports, tunnels.
    ///
    /// ## Why
    /// A program that has a disk reads and writes past the file system and its permissions.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     devices:
    ///       - /dev/sda:/dev/sda
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - /srv/data:/data:ro
    /// ```
    pub(crate) static RULE = {
        id: "CO029", slug: "devices", control: HostAccess, severity: P2,
        aliases: ["compose-lint:CL-0016", "docker-bench:5.18"],
        effort: 30,
        check: Service(check),
    }
}

/// Beginnings of names below `/dev` that are disks, memory or the kernel's own.
const DANGEROUS: [&str; 23] = [
    "sd", "nvme", "vd", "xvd", "mmcblk", "md", "disk", "block", "loop", "dm-", "mapper", "zfs", "rbd", "zd", "zvol", "nbd", "mtd", "hd",
    "kmsg", "mem", "kmem", "port", "sg",
];

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    for device in &service.devices {
        let path = device.value.source.value.trim_end_matches('/');
        // A device of the Container Device Interface, `nvidia.com/gpu=all`, is no path.
        let Some(rest) = path.strip_prefix("/dev") else { continue };
        let name = rest.trim_start_matches('/');
        let grade = if name.is_empty() || DANGEROUS.iter().any(|known| name.starts_with(known)) {
            service.grade(Severity::P2)
        } else {
            Grade::new(Severity::P3, "it is made to be used by programs")
        };
        findings
            .report(device.value.source.span().or(device.span()), format!("`{}` gets `{path}` of the host", service.name()))
            .severity(grade)
            .help("leave it out unless the program speaks to that device; `:r` where reading is enough");
    }
    for rule in &service.device_cgroup_rules {
        if rule.value.trim_start().starts_with(['a', 'b']) {
            findings
                .report(
                    rule.span().or(service.attribute_span("device_cgroup_rules")),
                    format!("`{}` may use the host's disks", service.name()),
                )
                .severity(service.grade(Severity::P2))
                .help("allow single character devices: `c MAJOR:MINOR rw`");
        }
    }
}
