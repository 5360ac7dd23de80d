//! CO085 backup-noop.

use crate::context::{Role, ServiceContext, ShellCommand};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service that is called a backup does nothing but sleep.
    ///
    /// ## Why
    /// Everybody believes that there are backups.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   backup:
    ///     image: alpine:3.22
    ///     command: sleep infinity
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   backup:
    ///     image: acme/backup:1.0
    ///     command: sh -c "while true; do mysqldump -h db shop > /out/shop.sql; sleep 86400; done"
    /// ```
    pub(crate) static RULE = {
        id: "CO085", slug: "backup-noop", control: Backups, severity: P1,
        effort: 60,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.name().contains("backup") && service.role() != Role::Backup {
        return findings.not_applicable();
    }
    let commands = service.commands();
    let idles = |command: &ShellCommand| {
        matches!(command.program(), "sleep" | "tail" | "true" | "echo" | "trap" | "wait" | "while" | ":" | "date" | "printf")
    };
    if commands.is_empty() || !commands.iter().all(idles) || !commands.iter().any(|command| matches!(command.program(), "sleep" | "tail")) {
        return;
    }
    findings
        .report(service.attribute_span("command"), format!("`{}` only sleeps: nothing is backed up", service.name()))
        .severity(service.grade(RULE.severity))
        .help("let it dump the data on a schedule, or remove it");
}
