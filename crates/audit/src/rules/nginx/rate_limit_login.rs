//! NG015 rate-limit-login.

use windlass_conf::nginx::Location;
use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, Reach};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::{HEALTH, is_about};

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
            .filter(|location| {
                is_about(location, &["login", "signin", "register", "wp-login", "password", "auth"])
                    && !is_about(location, HEALTH)
                    && !location.refuses()
            })
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
        findings
            .report(first.span(), "attempts to log in are not limited")
            .severity(config.grade(RULE.severity))
            .help("add `limit_req_zone $binary_remote_addr zone=login:10m rate=5r/m;` to `http`, and `limit_req zone=login burst=5 nodelay;` here");
    }
    if !is_known {
        findings.not_applicable();
    }
}
