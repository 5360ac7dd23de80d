//! NG014 rate-limit-api.

use windlass_conf::nginx::Location;
use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, Reach};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::{HEALTH, is_about};

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

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    if config.reach() != Reach::Public {
        return findings.not_applicable();
    }
    let mut is_known = false;
    for site in config.sites() {
        let locations: Vec<_> = site
            .server()
            .locations()
            .into_iter()
            .filter(|location| is_about(location, &["api", "graphql", "rest"]) && !is_about(location, HEALTH) && !location.refuses())
            .collect();
        let is_limited = |location: &Location<'_>| {
            let held = config.held(&location.scope, "limit_req");
            !held.directives.is_empty() || held.is_open
        };
        let Some(first) = locations.first() else { continue };
        is_known = true;
        if locations.iter().any(is_limited) {
            continue;
        }
        findings.report(first.span(), "requests to the API are not limited").severity(config.grade(RULE.severity)).help(
            "add `limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;` to `http`, and `limit_req zone=api burst=5 nodelay;` here",
        );
    }
    if !is_known {
        findings.not_applicable();
    }
}
