//! MY008 long-query.

use windlass_conf::ini::{Dialect, Entry, Ini};

use crate::context::server_entry;
use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The log of slow queries begins at more than five seconds.
    ///
    /// Without `long_query_time` it is ten.
    ///
    /// ## Why
    /// A query of four seconds, run a hundred times a minute, takes the server down and is never in the log.
    ///
    /// ## Example
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// slow_query_log = 1
    /// ```
    /// ## Use instead
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// slow_query_log = 1
    /// long_query_time = 2
    /// ```
    pub(crate) static RULE = {
        id: "MY008", slug: "long-query", control: Logging, severity: P3,
        seed: "9.3",
        fix: Auto,
        effort: 5,
        check: MySql(check),
    }
}

fn check(config: &ConfigContext<'_>, mysql: &Ini, findings: &mut Findings<'_>) {
    let log = server_entry(mysql, "slow_query_log").filter(|entry| Dialect::MySql.truth(entry) == Some(true));
    let Some(log) = log else { return findings.not_applicable() };
    let entry = server_entry(mysql, "long_query_time");
    let is_long = |entry: &Entry| entry.text().parse::<f64>().is_ok_and(|seconds| seconds > 5.0);
    if !entry.is_none_or(is_long) || (entry.is_none() && config.is_set_for_mysql("long_query_time")) {
        return;
    }
    let edit = match entry {
        Some(entry) => replace(entry.value_span(), "2"),
        None => config.line_after(log.span, "long_query_time = 2"),
    };
    let shown = entry.map_or("10", |entry| entry.text());
    findings
        .report(entry.unwrap_or(log).span, format!("only queries of more than {shown} s are logged"))
        .severity(config.grade(RULE.severity))
        .help("write `long_query_time = 2`")
        .fix("log those of more than two seconds", edit);
}
