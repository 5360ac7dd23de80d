//! NG014 rate-limit-api.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::{Limited, require_limit};

declare_rule! {
    /// The number of requests to the API is not limited.
    ///
    /// Locations count whose pattern names an API; servers that are not reached from outside are left out.
    ///
    /// ## Why
    /// One client, by mistake or on purpose, can take all workers; the others see errors.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location /api/ {
    ///         proxy_pass http://app:3000;
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;
    ///
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location /api/ {
    ///         limit_req zone=api burst=5 nodelay;
    ///         proxy_pass http://app:3000;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG014", slug: "rate-limit-api", control: RateLimits, severity: P2,
        seed: "5.3",
        effort: 15,
        check: Nginx(check),
    }
}

const LIMITED: Limited =
    Limited { words: &["api", "graphql", "rest"], message: "requests to the API are not limited", zone: "api", rate: "10r/s" };

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    require_limit(config, &LIMITED, findings);
}
