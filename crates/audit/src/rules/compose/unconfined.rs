//! CO023 unconfined.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// A container runs without the kernel's guards: seccomp, AppArmor or SELinux labels are switched off.
    ///
    /// P2 for SELinux, which few hosts of containers have.
    ///
    /// ## Why
    /// They forbid system calls and accesses that hardly a program needs and that most escapes from containers use.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     security_opt:
    ///       - no-new-privileges:true
    ///       - seccomp:unconfined
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     security_opt:
    ///       - no-new-privileges:true
    /// ```
    pub(crate) static RULE = {
        id: "CO023", slug: "unconfined", control: RuntimeHardening, severity: P1,
        aliases: [
            "kics:default_seccomp_profile_disabled", "kics:security_opt_not_set", "compose-lint:CL-0009", "docker-bench:5.2",
            "docker-bench:5.3", "docker-bench:5.22",
        ],
        fix: Auto,
        effort: 15,
        check: Service(check),
    }
}

/// Options that switch a guard off, with its name.
const OFF: [(&str, &str, Severity); 4] = [
    ("seccomp:unconfined", "seccomp", Severity::P1),
    ("apparmor:unconfined", "AppArmor", Severity::P1),
    ("label:disable", "SELinux's labels", Severity::P2),
    ("systempaths:unconfined", "the protection of system paths", Severity::P1),
];

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    for option in &service.security_opt {
        let text = option.value.replacen('=', ":", 1);
        let Some((_, guard, severity)) = OFF.iter().find(|(off, ..)| text.trim() == *off) else { continue };
        let edit = option.span().and_then(|span| service.remove_item("security_opt", span));
        findings
            .report(option.span().or(service.attribute_span("security_opt")), format!("`{}` runs without {guard}", service.name()))
            .severity(service.grade(*severity))
            .help("remove the option; where a call is refused that the program needs, allow that one in a profile of its own")
            .fix("switch the guard on again", edit);
    }
}
