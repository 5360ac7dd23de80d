//! NG015 rate-limit-login.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::{Limited, require_limit};

declare_rule! {
    /// The number of attempts to log in is not limited.
    ///
    /// Locations count whose pattern names a login; servers that are not reached from outside are left out.
    ///
    /// ## Why
    /// Passwords are guessed by the million where nothing counts the attempts.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location /login {
    ///         proxy_pass http://app:3000;
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// limit_req_zone $binary_remote_addr zone=login:10m rate=5r/m;
    ///
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location /login {
    ///         limit_req zone=login burst=5 nodelay;
    ///         proxy_pass http://app:3000;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG015", slug: "rate-limit-login", control: RateLimits, severity: P2,
        seed: "5.3",
        effort: 15,
        check: Nginx(check),
    }
}

const LIMITED: Limited = Limited {
    words: &["login", "signin", "register", "wp-login", "password", "auth"],
    message: "attempts to log in are not limited",
    zone: "login",
    rate: "5r/m",
};

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    require_limit(config, &LIMITED, findings);
}
