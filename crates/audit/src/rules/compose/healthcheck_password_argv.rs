//! CO005 healthcheck-password-argv.

use crate::context::{ServiceContext, ShellCommand};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A health check hands a password over on its command line.
    ///
    /// ## Why
    /// Every process of the container, and everybody on the host, sees the arguments of a program for as long as it runs, every few
    /// seconds anew. Programs take passwords from variables or files as well.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     healthcheck:
    ///       test: ["CMD-SHELL", "mysqladmin ping -h 127.0.0.1 -p$$MYSQL_ROOT_PASSWORD"]
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     healthcheck:
    ///       test: ["CMD-SHELL", "MYSQL_PWD=$$MYSQL_ROOT_PASSWORD mysqladmin ping -h 127.0.0.1"]
    /// ```
    pub(crate) static RULE = {
        id: "CO005", slug: "healthcheck-password-argv", control: Secrets, severity: P2,
        seed: "7.3",
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let commands = service.health_commands();
    if commands.is_empty() {
        return findings.not_applicable();
    }
    let Some((command, instead)) = commands.iter().find_map(|command| Some((command, password_of(command)?))) else { return };
    findings
        .report(
            command.span().or(service.attribute_span("healthcheck")),
            format!("the health check of `{}` shows a password to everybody who lists processes", service.name()),
        )
        .severity(service.grade(RULE.severity))
        .help(instead);
}

/// What to do instead, where a command has a password among its arguments.
fn password_of(command: &ShellCommand) -> Option<&'static str> {
    let arguments = command.arguments();
    // `--password=x`, `-px`: a value in the same word.
    let joined = |option: &str| arguments.iter().any(|word| word.text.strip_prefix(option).is_some_and(|rest| !rest.is_empty()));
    // `-a x`: in the next.
    let apart = |options: &[&str]| {
        arguments
            .windows(2)
            .any(|pair| options.contains(&pair[0].text.as_str()) && !pair[1].text.is_empty() && !pair[1].text.starts_with('-'))
    };
    match command.program() {
        "mysql" | "mysqladmin" | "mysqlcheck" | "mysqlshow" | "mariadb" | "mariadb-admin" | "mariadb-check" => {
            (joined("--password=") || joined("-p")).then_some("set `MYSQL_PWD`, or give the check an account without rights")
        }
        "redis-cli" | "valkey-cli" | "keydb-cli" => (apart(&["-a", "--pass"]) || joined("--pass=")).then_some("set `REDISCLI_AUTH`"),
        "mongo" | "mongosh" => {
            (apart(&["-p", "--password"]) || joined("--password=")).then_some("ask without an account: `ping` needs none")
        }
        "clickhouse-client" => (apart(&["--password"]) || joined("--password=")).then_some("set `CLICKHOUSE_PASSWORD`"),
        "curl" => {
            let user = arguments.windows(2).find(|pair| matches!(pair[0].text.as_str(), "-u" | "--user")).map(|pair| &pair[1].text);
            user.is_some_and(|user| user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
                .then_some("ask for a page that needs no account, or use `--netrc-file`")
        }
        "cqlsh" => apart(&["-p", "--password"]).then_some("use a `cqlshrc` file"),
        _ => None,
    }
}
