//! NG022 gzip.

use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, Site, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Text is sent without compression.
    ///
    /// ## Why
    /// Pages, scripts and style sheets shrink to a fifth, which is what people on slow connections wait for.
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
    ///     gzip on;
    ///     gzip_types text/css application/javascript application/json image/svg+xml;
    ///
    ///     server {
    ///         listen 80;
    ///         root /usr/share/nginx/html;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG022", slug: "gzip", control: WebServerSettings, severity: P3,
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    if !nginx.is_whole() {
        return findings.not_applicable();
    }
    let sites = config.sites();
    if sites.is_empty() {
        return findings.not_applicable();
    }
    let is_missing = |site: &Site<'_>| {
        let names = ["gzip", "brotli", "zstd"];
        let on = |name: &str| {
            let held = site.held(name);
            held.is_open || held.directives.last().is_some_and(|directive| directive.text(0) == Some("on"))
        };
        let is_said_below = site.server().locations().iter().any(|location| location.scope.own("gzip").next().is_some());
        !names.into_iter().any(on) && !is_said_below
    };
    if !sites.iter().any(is_missing) {
        return;
    }
    let off = nginx.all().find(|directive| directive.is("gzip") && directive.text(0) == Some("off"));
    let Some(http) = nginx.directives.iter().find(|directive| directive.is("http")) else { return };
    const LINES: &str = "gzip on; gzip_types text/css application/javascript application/json image/svg+xml;";
    let edit = match off {
        Some(off) => Some(replace(off.span, "gzip on;")),
        None => config.add_directive(http, LINES),
    };
    findings
        .report(off.map_or(http.name.span, |off| off.span), "text is sent without compression")
        .severity(config.grade(RULE.severity))
        .help(format!("add `{LINES}`"))
        .fix("compress text", edit);
}
