//! CO020 no-new-privileges.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Processes of a service can gain privileges that it was not started with.
    ///
    /// ## Why
    /// One setuid program in the image is enough to become root. `no-new-privileges` takes that way out, and hardly any server needs it.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
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
        id: "CO020", slug: "no-new-privileges", control: RuntimeHardening, severity: P2,
        seed: "5.2, 19.2",
        aliases: ["kics:no_new_privileges_not_set", "compose-lint:CL-0003", "docker-bench:5.26"],
        fix: Auto,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if let Some(image) = service.image().filter(|image| image.gains_privileges) {
        return findings.exempt(format!("programs of `{}` gain privileges when they start", image.name));
    }
    let is_set = |option: &str| {
        let option = option.replace('=', ":");
        option == "no-new-privileges" || option == "no-new-privileges:true"
    };
    if service.security_opt.iter().any(|option| is_set(&option.value)) {
        return;
    }
    findings
        .report(service.key_span(), format!("processes of `{}` can gain privileges", service.name()))
        .help("add `security_opt: [no-new-privileges:true]`")
        .fix("add `no-new-privileges`", service.append("security_opt", "no-new-privileges:true"));
}
