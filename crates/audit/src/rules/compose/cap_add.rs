//! CO018 cap-add.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A container has a capability that reaches beyond it.
    ///
    /// P2 for those that change the network or the clock or watch others, P3 for those that take resources, and for what an image needs
    /// by its documentation.
    ///
    /// ## Why
    /// Docker's default capabilities stop at the container. These do not: some load code into the kernel or read any file of the host.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     cap_add:
    ///       - SYS_ADMIN
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
        id: "CO018", slug: "cap-add", control: Capabilities, severity: P1,
        aliases: [
            "kics:container_capabilities_unrestricted", "compose-lint:CL-0011", "compose-lint:CL-0024", "compose-lint:CL-0027",
            "compose-lint:CL-0028", "compose-lint:CL-0029", "compose-lint:CL-0030", "docker-bench:5.4",
        ],
        effort: 30,
        check: Service(check),
    }
}

/// Capabilities that reach beyond the container, with what they allow.
const DANGEROUS: [(&str, Severity, &str); 19] = [
    ("ALL", Severity::P1, "do all that root can"),
    ("SYS_ADMIN", Severity::P1, "mount file systems, and much else that makes it nearly root of the host"),
    ("SYS_MODULE", Severity::P1, "load code into the kernel"),
    ("SYS_RAWIO", Severity::P1, "read and write the host's memory and disks"),
    ("BPF", Severity::P1, "load programs into the kernel"),
    ("SYS_BOOT", Severity::P1, "start another kernel"),
    ("DAC_READ_SEARCH", Severity::P1, "read any file of the host"),
    ("SYS_PTRACE", Severity::P2, "read and change other processes"),
    ("MAC_ADMIN", Severity::P1, "change the rules of AppArmor and SELinux"),
    ("MAC_OVERRIDE", Severity::P1, "pass by AppArmor and SELinux"),
    ("CHECKPOINT_RESTORE", Severity::P2, "take over other processes' state"),
    ("NET_ADMIN", Severity::P2, "change the network"),
    ("PERFMON", Severity::P2, "watch every process of the host"),
    ("SYS_TIME", Severity::P2, "set the host's clock"),
    ("SYSLOG", Severity::P2, "read the kernel's log"),
    ("SYS_NICE", Severity::P3, "take processor time from others"),
    ("SYS_RESOURCE", Severity::P3, "raise its own limits"),
    ("IPC_LOCK", Severity::P3, "lock memory"),
    ("LEASE", Severity::P3, "hold up other processes' files"),
];

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    for added in &service.cap_add {
        let upper = added.value.to_ascii_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let Some((_, severity, effect)) = DANGEROUS.iter().find(|(known, ..)| *known == name) else { continue };
        let needs = service.image().filter(|image| image.capabilities.iter().any(|needed| needed == name));
        let grade = match needs {
            Some(image) => Grade::new(Severity::P3, format!("`{}` needs it by its documentation", image.name)),
            None => service.grade(*severity),
        };
        findings
            .report(added.span().or(service.attribute_span("cap_add")), format!("`{name}` lets `{}` {effect}", service.name()))
            .severity(grade)
            .help("take it away and see what fails; most programs need none");
    }
}
