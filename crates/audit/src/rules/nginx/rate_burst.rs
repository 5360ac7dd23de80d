//! NG016 rate-burst.

use windlass_conf::nginx::Nginx;
use windlass_source::Span;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A limit of requests has no `burst`.
    ///
    /// ## Why
    /// A page asks for several things at once. Without `burst` every request but the first is refused, so the limit hurts visitors rather than attackers.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;
    ///
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location /api/ {
    ///         limit_req zone=api;
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
    ///         limit_req zone=api burst=20 nodelay;
    ///         proxy_pass http://app:3000;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG016", slug: "rate-burst", control: RateLimits, severity: P3,
        seed: "5.3",
        fix: Suggest,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    let mut limits = nginx.all().filter(|directive| directive.is("limit_req")).peekable();
    if limits.peek().is_none() {
        return findings.not_applicable();
    }
    for limit in limits.filter(|limit| !limit.words().any(|word| word.starts_with("burst="))) {
        let Some(last) = limit.arguments.last() else { continue };
        findings
            .report(limit.span, "this limit has no `burst`")
            .severity(config.grade(RULE.severity))
            .help("add `burst=20 nodelay`: as many requests as one page makes")
            .suggest("allow twenty at once", replace(Span { start: last.span.end, ..last.span }, " burst=20 nodelay"));
    }
}
