//! NG020 sendfile.

use windlass_conf::nginx::{Directive, Nginx};

use crate::context::{ConfigContext, Site, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Files are sent without `sendfile`, or with packets held back.
    ///
    /// ## Why
    /// With `sendfile` the kernel sends a file itself; without, each byte is copied into nginx and out again. `tcp_nodelay off` delays the last packet of every answer.
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
        id: "NG020", slug: "sendfile", control: WebServerSettings, severity: P3,
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
    let sites = config.sites();
    if !sites.iter().any(|site| site.root().is_some()) {
        return findings.not_applicable();
    }
    for directive in nginx.all().filter(|directive| directive.text(0) == Some("off")) {
        let setting = match directive.name.as_str() {
            // In a location it is a choice for its files.
            "sendfile" if is_of_http(nginx, directive) => "sendfile",
            "tcp_nodelay" => "tcp_nodelay",
            _ => continue,
        };
        findings
            .report(directive.span, format!("`{setting}` is off"))
            .severity(config.grade(RULE.severity))
            .help(format!("write `{setting} on;`"))
            .fix(format!("switch `{setting}` on"), replace(directive.span, format!("{setting} on;")));
    }
    let is_missing = |site: &Site<'_>| {
        let held = site.held("sendfile");
        held.directives.is_empty() && !held.is_open
    };
    if let Some(http) = nginx.directives.iter().find(|directive| directive.is("http")).filter(|_| sites.iter().any(is_missing)) {
        findings
            .report(http.name.span, "`sendfile` is off: it has to be switched on")
            .severity(config.grade(RULE.severity))
            .help("add `sendfile on;`")
            .fix("switch `sendfile` on", config.add_directive(http, "sendfile on;"));
    }
}

fn is_of_http(nginx: &Nginx, directive: &Directive) -> bool {
    let http = nginx.directives.iter().filter(|block| block.is("http"));
    http.flat_map(|block| block.children()).any(|child| std::ptr::eq(child, directive))
}
