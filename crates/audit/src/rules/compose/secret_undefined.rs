//! CO042 secret-undefined.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service uses a secret or config that is not declared.
    ///
    /// ## Why
    /// Compose refuses the stack.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     secrets:
    ///       - db_password
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     secrets:
    ///       - db_password
    /// secrets:
    ///   db_password:
    ///     file: ./db_password.txt
    /// ```
    pub(crate) static RULE = {
        id: "CO042", slug: "secret-undefined", control: Secrets, severity: P1,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.secrets.is_empty() && service.configs.is_empty() {
        return findings.not_applicable();
    }
    let project = service.stack().project();
    let secrets =
        service.secrets.iter().filter(|mount| !project.secrets.contains(&mount.value.source.value)).map(|mount| ("secret", mount));
    let configs =
        service.model().configs.iter().filter(|mount| !project.configs.contains(&mount.value.source.value)).map(|mount| ("config", mount));
    for (kind, mount) in secrets.chain(configs) {
        let name = &mount.value.source.value;
        findings
            .report(
                mount.value.source.span().or(mount.span()),
                format!("`{}` uses the {kind} `{name}`, which is not declared", service.name()),
            )
            .help(format!("declare it under `{kind}s` at the top of the file"));
    }
}
