//! NG004 referrer-policy.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::require_header;

declare_rule! {
    /// Responses do not say which addresses browsers hand to other sites.
    ///
    /// P3 where the server passes everything on: the application behind it may send the header itself.
    ///
    /// ## Why
    /// Addresses may hold names, searches and tokens; old browsers send them whole to every site that a page links to.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     server_tokens off;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     server_tokens off;
    ///     add_header Referrer-Policy "strict-origin-when-cross-origin" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG004", slug: "referrer-policy", control: ResponseHeaders, severity: P3,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    require_header(config, "Referrer-Policy", "strict-origin-when-cross-origin", findings);
}
