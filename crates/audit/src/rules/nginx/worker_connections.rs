//! NG018 worker-connections.

use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A worker process takes fewer than 1024 connections.
    ///
    /// ## Why
    /// A proxied request needs two connections. When they run out, visitors wait or see errors though the machine is idle. Without the directive there are 512.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// worker_processes auto;
    ///
    /// events {
    ///     worker_connections 256;
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
        id: "NG018", slug: "worker-connections", control: WebServerSettings, severity: P3,
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
    let Some(events) = nginx.directives.iter().find(|directive| directive.is("events")) else { return };
    match events.children().iter().rfind(|directive| directive.is("worker_connections")) {
        Some(directive) => {
            let Some(count) = directive.text(0).and_then(|count| count.parse::<u64>().ok()).filter(|count| *count < 1024) else { return };
            findings
                .report(directive.span, format!("`worker_connections` is {count}"))
                .severity(config.grade(RULE.severity))
                .help("write `worker_connections 1024;` or more")
                .fix("allow 1024", replace(directive.span, "worker_connections 1024;"));
        }
        None => {
            findings
                .report(events.name.span, "`worker_connections` is missing: a process takes 512")
                .severity(config.grade(RULE.severity))
                .help("add `worker_connections 1024;`")
                .fix("allow 1024", config.add_directive(events, "worker_connections 1024;"));
        }
    }
}
