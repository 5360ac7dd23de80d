//! MY002 log-file-size.

use windlass_conf::ini::Ini;

use crate::context::ConfigContext;
use crate::context::server_entry;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The size of MySQL's redo log is at its default.
    ///
    /// `innodb_redo_log_capacity`, which MySQL has since 8.0.30, counts as well.
    ///
    /// ## Why
    /// A log that is too small has to be emptied all the time, and every import and every peak of writes waits for that.
    ///
    /// ## Example
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_buffer_pool_size = 512M
    /// max_connections = 100
    /// slow_query_log = 1
    /// ```
    /// ## Use instead
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_buffer_pool_size = 512M
    /// innodb_log_file_size = 128M
    /// slow_query_log = 1
    /// ```
    pub(crate) static RULE = {
        id: "MY002", slug: "log-file-size", control: MysqlSettings, severity: P3,
        seed: "9.3",
        fix: Suggest,
        effort: 5,
        check: MySql(check),
    }
}

fn check(config: &ConfigContext<'_>, mysql: &Ini, findings: &mut Findings<'_>) {
    let Some(section) = config.tuned_section() else { return findings.not_applicable() };
    const NAMES: [&str; 3] = ["innodb_log_file_size", "innodb_redo_log_capacity", "innodb_dedicated_server"];
    if NAMES.iter().any(|name| server_entry(mysql, name).is_some() || config.is_set_for_mysql(name)) {
        return;
    }
    // MySQL from 8.0.30 has one name for the whole log; tags of 8.0 alone do not say which it is.
    let is_new =
        config.services().any(|(service, _)| service.runs("mysql") && service.image_version().is_some_and(|version| version >= (8, 1)));
    let line = if is_new { "innodb_redo_log_capacity = 256M" } else { "innodb_log_file_size = 128M" };
    findings
        .report(section.name.as_ref().map(|name| name.span), "the redo log has its default size")
        .severity(config.grade(RULE.severity))
        .help(format!("write `{line}`: a quarter of the buffer pool"))
        .suggest("enlarge it", config.add_setting(Some(section), line));
}
