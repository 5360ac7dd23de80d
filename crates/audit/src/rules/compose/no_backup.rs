//! CO082 no-backup.

use crate::context::{Role, ServiceContext, StackContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A production stack keeps data, and nothing copies it away.
    ///
    /// A copy that the machine's own tools make is not seen here.
    ///
    /// ## Why
    /// One `DROP TABLE`, one broken disk, and it is gone.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     volumes:
    ///       - data:/var/lib/mysql
    /// volumes:
    ///   data: {}
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     volumes:
    ///       - data:/var/lib/mysql
    ///   backup:
    ///     image: acme/backup:1.0
    ///     command: sh -c "while true; do mysqldump -h db shop > /out/shop.sql; sleep 86400; done"
    /// volumes:
    ///   data: {}
    /// ```
    pub(crate) static RULE = {
        id: "CO082", slug: "no-backup", control: Backups, severity: P2,
        seed: "2.3, 15.1, 17.1",
        effort: 60,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    if !stack.is_production() {
        return findings.not_applicable();
    }
    let Some(store) = stack.services().find(|service| service.role() == Role::Datastore) else { return findings.not_applicable() };
    let copies = |service: &ServiceContext<'_>| {
        service.role() == Role::Backup || service.name().contains("backup") || service.command_text().contains("backup")
    };
    if stack.context().services().any(|service| service.is_production() && copies(&service)) {
        return;
    }
    findings
        .report(store.key_span(), format!("nothing copies the data of `{}` away", store.name()))
        .help("add a service that dumps it on a schedule, to another machine");
}
