//! MY003 flush-log.

use windlass_conf::ini::Ini;

use crate::context::server_entry;
use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// MySQL does not write its log to the disk when a transaction ends.
    ///
    /// `innodb_flush_log_at_trx_commit = 2` is excused: it loses a second only when the machine stops, not when MySQL does.
    ///
    /// ## Why
    /// With 0 a crash of MySQL alone loses the last second of transactions that it has confirmed.
    ///
    /// ## Example
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_flush_log_at_trx_commit = 0
    /// ```
    /// ## Use instead
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_flush_log_at_trx_commit = 1
    /// ```
    pub(crate) static RULE = {
        id: "MY003", slug: "flush-log", control: Durability, severity: P3,
        seed: "9.3",
        fix: Auto,
        effort: 5,
        check: MySql(check),
    }
}

fn check(config: &ConfigContext<'_>, mysql: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = server_entry(mysql, "innodb_flush_log_at_trx_commit") else { return };
    match entry.text() {
        "2" => findings.exempt("a confirmed transaction is lost only when the machine stops"),
        "0" => {
            findings
                .report(entry.span, "a crash of MySQL loses the last second of transactions")
                .severity(config.grade(RULE.severity))
                .help("write 1; or 2, which loses them only when the machine stops")
                .fix("write every transaction to the disk", replace(entry.value_span(), "1"));
        }
        _ => {}
    }
}
