//! MY005 max-packet.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::server_entry;
use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// MySQL takes no statement or value above a few megabytes.
    ///
    /// Reported below 16 MB. Where nothing is set MySQL takes 64 MB and MariaDB 16 MB, which is fine.
    ///
    /// ## Why
    /// An upload that is stored in a table, or a dump that is read back, fails with `Packet too large`.
    ///
    /// ## Example
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// max_allowed_packet = 4M
    /// ```
    /// ## Use instead
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// max_allowed_packet = 64M
    /// ```
    pub(crate) static RULE = {
        id: "MY005", slug: "max-packet", control: MysqlSettings, severity: P3,
        seed: "9.3",
        fix: Auto,
        effort: 5,
        check: MySql(check),
    }
}

fn check(config: &ConfigContext<'_>, mysql: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = server_entry(mysql, "max_allowed_packet") else { return };
    if Dialect::MySql.bytes(entry.text()).is_none_or(|bytes| bytes >= 16 << 20) {
        return;
    }
    findings
        .report(entry.span, format!("statements and values end at {}", entry.text()))
        .severity(config.grade(RULE.severity))
        .help("write `max_allowed_packet = 64M`")
        .fix("take 64 MB", replace(entry.value_span(), "64M"));
}
