//! NG001 x-frame-options.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::require_header;

declare_rule! {
    /// Responses do not say who may show them in a frame.
    ///
    /// P3 where the server passes everything on: the application behind it may send the header itself.
    ///
    /// ## Why
    /// A page in a stranger's frame can be covered with another, so that people click what they do not see. A `Content-Security-Policy` with `frame-ancestors` says the same and counts.
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
    ///     add_header X-Frame-Options "SAMEORIGIN" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG001", slug: "x-frame-options", control: ResponseHeaders, severity: P2,
        seed: "5.3, 20.2",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    require_header(config, "X-Frame-Options", "SAMEORIGIN", findings);
}
