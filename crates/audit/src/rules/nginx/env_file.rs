//! NG011 env-file.

use windlass_conf::nginx::Nginx;

use crate::context::{Answer, ConfigContext, Site};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::exposed;

declare_rule! {
    /// `.env` is handed out, although other hidden files are refused.
    ///
    /// P1 where the server's root is the project's own directory, where such files are; else P3.
    ///
    /// ## Why
    /// The file holds the passwords of everything that the application talks to.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app;
    ///
    ///     location ~ /\.(git|ht) {
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
        id: "NG011", slug: "env-file", control: PathAccess, severity: P1,
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
    // Where nothing hidden is refused, that is the finding.
    let hands_out = |site: &&Site<'_>| site.answer("/.env") == Answer::File && site.answer("/.git/config") != Answer::File;
    for site in sites.iter().filter(hands_out) {
        findings
            .report(site.span(), "`/.env` is handed out")
            .severity(exposed(site))
            .help("refuse all hidden files: `location ~ /\\. { deny all; }`")
            .fix("refuse it", config.add_directive(site.server().block(), "location ~ /\\.env { deny all; }"));
    }
}
