//! NG021 keepalive.

use windlass_conf::nginx::{Nginx, seconds};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Connections are closed after each request, or kept for longer than five minutes.
    ///
    /// ## Why
    /// With `keepalive_timeout 0` every image of a page needs a new connection, and with TLS a new handshake; very long times keep connections that nobody uses.
    ///
    /// Without the directive nginx keeps them for 75 seconds, which is fine.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// worker_processes auto;
    ///
    /// events {
    ///     worker_connections 1024;
    /// }
    ///
    /// http {
    ///     sendfile on;
    ///     keepalive_timeout 0;
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
    ///     keepalive_timeout 65;
    ///
    ///     server {
    ///         listen 80;
    ///         root /usr/share/nginx/html;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG021", slug: "keepalive", control: WebServerSettings, severity: P3,
        seed: "13.1",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    for directive in nginx.all().filter(|directive| directive.is("keepalive_timeout")) {
        let Some(time) = directive.text(0) else { continue };
        let message = match seconds(time) {
            Some(0) => "connections are closed after each request".to_owned(),
            Some(long) if long > 300 => format!("connections that nobody uses are kept for `{time}`"),
            _ => continue,
        };
        findings
            .report(directive.span, message)
            .severity(config.grade(RULE.severity))
            .help("write `keepalive_timeout 65;`")
            .fix("keep them for 65 seconds", replace(directive.span, "keepalive_timeout 65;"));
    }
}
