//! CO040 secret-in-url.

use crate::context::{ServiceContext, Written};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An address or connection string in the compose file holds a password.
    ///
    /// ## Why
    /// The file is in git, and so is the password. Addresses are also what programs like to write into logs.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       DATABASE_URL: postgres://shop:hunter2@db/shop
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       DATABASE_URL: postgres://shop:${DB_PASSWORD:?}@db/shop
    /// ```
    pub(crate) static RULE = {
        id: "CO040", slug: "secret-in-url", control: Secrets, severity: P1,
        aliases: ["compose-lint:CL-0021"],
        effort: 20,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.environment.is_empty() {
        return findings.not_applicable();
    }
    for credential in service.credentials() {
        if credential.written != Written::Literally || !credential.is_address {
            continue;
        }
        let name = &credential.name.value;
        findings
            .report(credential.value.span().or(credential.name.span()), format!("the address in `{name}` holds a password"))
            .severity(service.grade(RULE.severity))
            .help("put a variable in the place of the password: `${DB_PASSWORD:?}`");
    }
}
