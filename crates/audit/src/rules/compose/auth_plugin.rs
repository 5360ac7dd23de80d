//! CO089 auth-plugin.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// MySQL is told to use `mysql_native_password`.
    ///
    /// ## Why
    /// Its hashes are weak; MySQL 9 does not know it any more.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     command: --default-authentication-plugin=mysql_native_password
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    /// ```
    pub(crate) static RULE = {
        id: "CO089", slug: "auth-plugin", control: DatastoreAccess, severity: P3,
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let text = service.command_text();
    if text.contains("mysql_native_password") || text.contains("mysql-native-password=ON") {
        findings
            .report(service.attribute_span("command"), format!("`{}` uses `mysql_native_password`", service.name()))
            .help("leave it out: `caching_sha2_password` is the default, and clients know it");
    }
}
