//! NG019 event-model.

use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// nginx is told to wait for connections in another way than `epoll`.
    ///
    /// ## Why
    /// On Linux nginx takes `epoll` by itself. `select` and `poll` look at every connection each time and are for systems that have nothing better; `kqueue` and `eventport` do not exist on Linux, so that nginx does not start.
    ///
    /// Without `use` nothing is wrong.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// worker_processes auto;
    ///
    /// events {
    ///     worker_connections 1024;
    ///     use poll;
    /// }
    ///
    /// http {
    ///     sendfile on;
    ///
    ///     server {
    ///         listen 80;
    ///         root /usr/share/nginx/html;
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/nginx.conf
    /// worker_processes auto;
    ///
    /// events {
    ///     worker_connections 1024;
    ///     use epoll;
    /// }
    ///
    /// http {
    ///     sendfile on;
    ///
    ///     server {
    ///         listen 80;
    ///         root /usr/share/nginx/html;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG019", slug: "event-model", control: WebServerSettings, severity: P3,
        seed: "13.1",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    if !nginx.is_whole() {
        return findings.not_applicable();
    }
    let events = nginx.directives.iter().filter(|directive| directive.is("events")).flat_map(|events| events.children());
    for directive in events.filter(|directive| directive.is("use")) {
        let Some(method) = directive.text(0).filter(|method| *method != "epoll") else { continue };
        findings
            .report(directive.span, format!("nginx waits for connections by `{method}`"))
            .severity(config.grade(RULE.severity))
            .help("write `use epoll;`, or leave the directive out")
            .fix("use epoll", replace(directive.span, "use epoll;"));
    }
}
