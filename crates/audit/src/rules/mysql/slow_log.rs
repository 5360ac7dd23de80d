//! MY007 slow-log.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::server_entry;
use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// MySQL does not say which queries are slow.
    ///
    /// Reported for files that tune the server, and only for production.
    ///
    /// ## Why
    /// Without the log the first sign of a missing index is a site that does not answer.
    ///
    /// ## Example
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_buffer_pool_size = 256M
    /// innodb_log_file_size = 64M
    /// max_connections = 100
    /// ```
    /// ## Use instead
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_buffer_pool_size = 256M
    /// innodb_log_file_size = 64M
    /// max_connections = 100
    /// slow_query_log = 1
    /// ```
    pub(crate) static RULE = {
        id: "MY007", slug: "slow-log", control: Logging, severity: P3,
        seed: "9.3",
        fix: Auto,
        effort: 5,
        check: MySql(check),
    }
}

fn check(config: &ConfigContext<'_>, mysql: &Ini, findings: &mut Findings<'_>) {
    if !config.is_production() {
        return findings.not_applicable();
    }
    let Some(section) = config.tuned_section() else { return findings.not_applicable() };
    let entry = ["slow_query_log", "log_slow_query"].iter().find_map(|name| server_entry(mysql, name));
    if entry.is_some_and(|entry| Dialect::MySql.truth(entry) != Some(false))
        || (entry.is_none() && config.is_set_for_mysql("slow_query_log"))
    {
        return;
    }
    let edit = match entry {
        Some(entry) => replace(entry.value_span(), "1"),
        None => config.add_setting(Some(section), "slow_query_log = 1"),
    };
    findings
        .report(entry.map(|entry| entry.span).or(section.name.as_ref().map(|name| name.span)), "slow queries are not logged")
        .severity(config.grade(RULE.severity))
        .help("write `slow_query_log = 1`")
        .fix("log them", edit);
}
