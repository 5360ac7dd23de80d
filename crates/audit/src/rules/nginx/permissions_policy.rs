//! NG005 permissions-policy.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::require_header;

declare_rule! {
    /// Responses do not switch off what the site never asks for: camera, microphone, location.
    ///
    /// P3 where the server passes everything on: the application behind it may send the header itself.
    ///
    /// ## Why
    /// A script that came in by a library or an advertisement can ask for all that the site may.
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
    ///     add_header Permissions-Policy "geolocation=(), microphone=(), camera=()" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG005", slug: "permissions-policy", control: ResponseHeaders, severity: P3,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    require_header(config, "Permissions-Policy", "geolocation=(), microphone=(), camera=()", findings);
}
