//! MY001 buffer-pool.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::ConfigContext;
use crate::context::server_entry;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// MySQL's buffer pool is at its default of 128 MB, fills the container, or takes less than a twentieth of it.
    ///
    /// Reported for files that tune the server: three settings or more.
    ///
    /// ## Why
    /// The pool is where MySQL keeps data and indexes. What finds no place is read from the disk for every query; a pool as large as the container gets the server killed.
    ///
    /// ## Example
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// max_connections = 100
    /// innodb_log_file_size = 64M
    /// slow_query_log = 1
    /// ```
    /// ## Use instead
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_buffer_pool_size = 512M
    /// innodb_log_file_size = 64M
    /// slow_query_log = 1
    /// ```
    pub(crate) static RULE = {
        id: "MY001", slug: "buffer-pool", control: MysqlSettings, severity: P3,
        seed: "9.3, 13.2",
        fix: Suggest,
        effort: 5,
        check: MySql(check),
    }
}

fn check(config: &ConfigContext<'_>, mysql: &Ini, findings: &mut Findings<'_>) {
    let Some(section) = config.tuned_section() else { return findings.not_applicable() };
    let limit = config.services().find_map(|(service, _)| service.memory_limit()).map(|limit| limit.value.unsigned_abs());
    let Some(entry) = server_entry(mysql, "innodb_buffer_pool_size") else {
        if config.is_set_for_mysql("innodb_buffer_pool_size") || config.is_set_for_mysql("innodb_dedicated_server") {
            return;
        }
        let half = limit.map_or_else(|| "512M".to_owned(), |limit| format!("{}M", limit >> 21));
        findings
            .report(section.name.as_ref().map(|name| name.span), "the buffer pool has its default of 128 MB")
            .severity(config.grade(RULE.severity))
            .help(format!("write `innodb_buffer_pool_size = {half}`: half of the container's memory"))
            .suggest("give it half of the memory", config.add_setting(Some(section), &format!("innodb_buffer_pool_size = {half}")));
        return;
    };
    let (Some(size), Some(limit)) = (Dialect::MySql.bytes(entry.text()), limit) else { return };
    let message = if size >= limit {
        format!("the buffer pool of {} fills the container's {} MB", entry.text(), limit >> 20)
    } else if size < limit / 20 {
        format!("the buffer pool of {} is less than a twentieth of the container's {} MB", entry.text(), limit >> 20)
    } else {
        return;
    };
    findings
        .report(entry.span, message)
        .severity(config.grade(RULE.severity))
        .help(format!("write `innodb_buffer_pool_size = {}M`: half of it", limit >> 21));
}
