//! CO039 secret-default.

use crate::context::{ServiceContext, Written};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A credential has a default in the compose file: `${DB_PASSWORD:-secret}`.
    ///
    /// ## Why
    /// Whoever forgets the variable runs with a password that everybody knows, and nothing tells him.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: ${DB_PASSWORD:-shop}
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: ${DB_PASSWORD:?}
    /// ```
    pub(crate) static RULE = {
        id: "CO039", slug: "secret-default", control: Secrets, severity: P2,
        aliases: ["compose-lint:CL-0020"],
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.environment.is_empty() && service.command.is_none() {
        return findings.not_applicable();
    }
    for credential in service.credentials() {
        let Written::AsDefault(variable) = &credential.written else { continue };
        let name = &credential.name.value;
        findings
            .report(
                credential.value.span().or(credential.name.span()),
                format!("`{name}` is what everybody knows when `{variable}` is not set"),
            )
            .severity(service.grade(RULE.severity))
            .help(format!("write `${{{variable}:?}}`, so that nothing starts without it"));
    }
}
