//! NG010 dotfiles.

use windlass_conf::nginx::Nginx;

use crate::context::{Answer, ConfigContext};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::exposed;

declare_rule! {
    /// Files whose names begin with a dot are handed out.
    ///
    /// P1 where the server's root is the project's own directory, where such files are; else P3.
    ///
    /// ## Why
    /// `/.git/` holds the whole source with its history, `/.htpasswd` and `/.env` hold passwords. Robots ask for them all day.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app;
    /// }
    /// ```
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - .:/srv/app:ro
    ///       - ./docker/nginx.conf:/etc/nginx/conf.d/default.conf:ro
    /// ```
    /// ## Use instead
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app;
    ///
    ///     location ~ /\. {
    ///         deny all;
    ///     }
    /// }
    /// ```
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - .:/srv/app:ro
    ///       - ./docker/nginx.conf:/etc/nginx/conf.d/default.conf:ro
    /// ```
    pub(crate) static RULE = {
        id: "NG010", slug: "dotfiles", control: PathAccess, severity: P1,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    let sites = config.sites();
    if sites.is_empty() {
        return findings.not_applicable();
    }
    for site in sites.iter().filter(|site| site.answer("/.git/config") == Answer::File) {
        findings
            .report(site.span(), "files whose names begin with a dot are handed out, as `/.git/config`")
            .severity(exposed(site))
            .help("add `location ~ /\\. { deny all; }`")
            .fix("refuse them", config.add_directive(site.server().block(), "location ~ /\\.(?!well-known) { deny all; }"));
    }
}
