//! MY009 auth-plugin.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// MySQL gives new users the password method of version 5.
    ///
    /// P1 from MySQL 8.4 on, which does not know the option any more and does not start with it. The command of the service is looked at as well as its files.
    ///
    /// ## Why
    /// `mysql_native_password` stores a SHA-1 without salt; `caching_sha2_password` has taken its place, and every client of today knows it.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.0
    ///     command: --default-authentication-plugin=mysql_native_password
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.0
    /// ```
    pub(crate) static RULE = {
        id: "MY009", slug: "auth-plugin", control: DatastoreAccess, severity: P3,
        fix: Suggest,
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_mysql() || service.runs("mariadb") {
        return findings.not_applicable();
    }
    let Some(setting) = service.mysql_setting("default_authentication_plugin") else { return };
    let is_gone = service.image_version().is_some_and(|version| version >= (8, 4));
    if setting.text != "mysql_native_password" && !is_gone {
        return;
    }
    let grade =
        if is_gone { Grade::new(Severity::P1, "MySQL does not start with it from version 8.4 on") } else { service.grade(RULE.severity) };
    let line = setting.span.and_then(|span| {
        service.mysql_files().into_iter().find(|(config, ..)| config.file_id() == span.file).map(|(config, ..)| config.remove_lines(span))
    });
    let message = if is_gone {
        "this version of MySQL does not know `default_authentication_plugin`"
    } else {
        "new users get the password method of MySQL 5"
    };
    findings
        .report(setting.span, message)
        .severity(grade)
        .help("take the option away; users that need the old method get it by `ALTER USER`")
        .suggest("take it away", line);
}
