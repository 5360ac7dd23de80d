//! CO006 mysql-ping-socket.

use crate::context::{ServiceContext, ShellCommand};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The health check of MySQL or MariaDB asks over the socket, which answers while the server is still being set up.
    ///
    /// `localhost` means the socket to their clients.
    ///
    /// ## Why
    /// At the first start the image runs a server without network to create users and load scripts. It answers on the socket, so the
    /// service counts as healthy, and what waits for it is refused.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     healthcheck:
    ///       test: [CMD, mysqladmin, ping, -h, localhost]
    ///       interval: 10s
    ///       timeout: 5s
    ///       retries: 5
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     healthcheck:
    ///       test: [CMD, mysqladmin, ping, -h, 127.0.0.1]
    ///       interval: 10s
    ///       timeout: 5s
    ///       retries: 5
    /// ```
    pub(crate) static RULE = {
        id: "CO006", slug: "mysql-ping-socket", control: ServiceHealth, severity: P3,
        seed: "7.3, 11.2",
        fix: Auto,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !["mysql", "mariadb", "percona"].iter().any(|name| service.runs(name)) {
        return findings.not_applicable();
    }
    let commands = service.health_commands();
    let asks_socket = |command: &&ShellCommand| {
        matches!(command.program(), "mysqladmin" | "mariadb-admin")
            && command.operands().any(|word| word.text == "ping")
            && !over_network(command)
    };
    let Some(command) = commands.iter().find(asks_socket) else { return };
    let edit = service.health_span().and_then(|span| service.context().replace(span, "localhost", "127.0.0.1"));
    findings
        .report(
            command.span().or(service.attribute_span("healthcheck")),
            format!("the health check of `{}` passes while the server is still being set up", service.name()),
        )
        .help("ask over the network: `-h 127.0.0.1`")
        .fix("ask over the network", edit);
}

/// A host that is not `localhost`, or the protocol, is named.
fn over_network(command: &ShellCommand) -> bool {
    let arguments = command.arguments();
    let host = arguments.iter().enumerate().find_map(|(at, word)| match word.text.as_str() {
        "-h" | "--host" => arguments.get(at + 1).map(|next| next.text.as_str()),
        text => text.strip_prefix("--host=").or_else(|| text.strip_prefix("-h").filter(|rest| !rest.is_empty())),
    });
    host.is_some_and(|host| host != "localhost") || arguments.iter().any(|word| word.text.eq_ignore_ascii_case("--protocol=tcp"))
}
