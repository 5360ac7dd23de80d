//! MY010 config-not-mounted.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A production MySQL runs with its defaults, though the project has a file with settings for it.
    ///
    /// ## Why
    /// What was tuned in development is not what people use: limits, character set and logs are the image's.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     environment:
    ///       MYSQL_DATABASE: shop
    /// ```
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_buffer_pool_size = 256M
    /// innodb_log_file_size = 64M
    /// max_connections = 100
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     environment:
    ///       MYSQL_DATABASE: shop
    ///     volumes:
    ///       - ./docker/my.cnf:/etc/mysql/conf.d/my.cnf:ro
    /// ```
    /// ```ini docker/my.cnf
    /// [mysqld]
    /// innodb_buffer_pool_size = 256M
    /// innodb_log_file_size = 64M
    /// max_connections = 100
    /// ```
    pub(crate) static RULE = {
        id: "MY010", slug: "config-not-mounted", control: ConfigLoaded, severity: P2,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_mysql() || !service.is_production() {
        return findings.not_applicable();
    }
    if !service.mysql_files().is_empty() || service.command.is_some() || service.build.is_some() {
        return;
    }
    let known = service.context().configs().find(|config| config.tuned_section().is_some());
    let Some(file) = known else { return findings.not_applicable() };
    findings
        .report(service.key_span(), format!("service `{}` does not have the settings of `{}`", service.name(), file.path()))
        .severity(service.grade(RULE.severity))
        .related(file.start(), "the settings")
        .help(format!("mount it: `{}:/etc/mysql/conf.d/my.cnf:ro`", file.path()));
}
