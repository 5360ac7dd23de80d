//! MY011 root-host.

use crate::context::{ServiceContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// MySQL's root may log in from everywhere.
    ///
    /// ## Why
    /// Whoever learns the root password on any host of the network owns all databases. Administration needs root from the container itself only.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     environment:
    ///       MYSQL_ROOT_PASSWORD_FILE: /run/secrets/root
    ///       MYSQL_ROOT_HOST: "%"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     environment:
    ///       MYSQL_ROOT_PASSWORD_FILE: /run/secrets/root
    ///       MYSQL_ROOT_HOST: "localhost"
    /// ```
    pub(crate) static RULE = {
        id: "MY011", slug: "root-host", control: DatastoreAccess, severity: P2,
        fix: Suggest,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(host) = ["MYSQL_ROOT_HOST", "MARIADB_ROOT_HOST"].into_iter().find_map(|name| service.variable(name)) else { return };
    if host.value != "%" {
        return;
    }
    let edit = host.span().map(|span| {
        let text = service.context().slice(span);
        replace(span, text.replace('%', "localhost"))
    });
    findings
        .report(host.span().or(service.key_span()), "root may log in from everywhere")
        .severity(service.grade(RULE.severity))
        .help("write `localhost`, and give the application a user of its own")
        .suggest("let root in from the container only", edit);
}
