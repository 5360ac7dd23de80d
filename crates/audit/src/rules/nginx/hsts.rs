//! NG008 hsts.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::missing_header;

declare_rule! {
    /// A server with TLS does not tell browsers to come back by TLS only.
    ///
    /// ## Why
    /// Without `Strict-Transport-Security` a person's first request goes out in the clear, where anybody on the way can answer it.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 443 ssl;
    ///     root /usr/share/nginx/html;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 443 ssl;
    ///     root /usr/share/nginx/html;
    ///     add_header Strict-Transport-Security "max-age=31536000" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG008", slug: "hsts", control: ResponseHeaders, severity: P2,
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    let sites: Vec<_> = config.sites().into_iter().filter(|site| site.server().has_tls()).collect();
    if sites.is_empty() {
        return findings.not_applicable();
    }
    for site in sites {
        missing_header(&site, "Strict-Transport-Security", "max-age=31536000", findings);
    }
}
