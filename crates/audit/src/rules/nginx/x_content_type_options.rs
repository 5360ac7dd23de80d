//! NG002 x-content-type-options.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::require_header;

declare_rule! {
    /// Responses let browsers guess what a file is.
    ///
    /// P3 where the server passes everything on: the application behind it may send the header itself.
    ///
    /// ## Why
    /// A browser that guesses may run an uploaded text or image as a script.
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
    ///     add_header X-Content-Type-Options "nosniff" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG002", slug: "x-content-type-options", control: ResponseHeaders, severity: P2,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    require_header(config, "X-Content-Type-Options", "nosniff", findings);
}
