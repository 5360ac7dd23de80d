//! NG031 wrong-include-level.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A configuration is mounted where nginx expects another kind of file.
    ///
    /// ## Why
    /// `conf.d/*.conf` is read inside `http`, so a whole `nginx.conf` there stops nginx: `"events" directive is not allowed here`. And `nginx.conf` without `events` stops it as well.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/conf.d/default.conf:ro
    /// ```
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
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/nginx.conf:ro
    /// ```
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
        id: "NG031", slug: "wrong-include-level", control: ConfigLoaded, severity: P1,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    if config.uses().is_empty() {
        return findings.not_applicable();
    }
    for (service, place) in config.services() {
        let (directory, name) = place.target.rsplit_once('/').unwrap_or(("", &place.target));
        let is_part = ["/etc/nginx/conf.d", "/etc/nginx/sites-enabled", "/etc/nginx/templates"].contains(&directory);
        let is_main = directory == "/etc/nginx" && name == "nginx.conf";
        let (message, help) = if is_part && nginx.is_whole() {
            (
                format!("a whole configuration is mounted at `{}`, which is read inside `http`", place.target),
                "mount it at `/etc/nginx/nginx.conf`",
            )
        } else if is_main
            && !nginx.directives.is_empty()
            && !nginx.all().any(|directive| directive.is("events"))
            && nginx.includes().next().is_none()
        {
            (
                "this configuration has no `events` block, and is mounted as `nginx.conf`".to_owned(),
                "mount it at `/etc/nginx/conf.d/default.conf`",
            )
        } else {
            continue;
        };
        findings.report(place.span, message).severity(service.grade(RULE.severity)).related(config.start(), "the file").help(help);
    }
}
