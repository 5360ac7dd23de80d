//! PH016 fpm-max-requests.

use windlass_conf::ini::Ini;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::php::pools;

declare_rule! {
    /// Workers of PHP-FPM are never replaced.
    ///
    /// ## Why
    /// Extensions and long-lived code leak a little with each request. `pm.max_requests` ends a worker before it hurts; its default is 0, never.
    ///
    /// ## Example
    /// ```ini docker/www.conf
    /// [www]
    /// user = www-data
    /// listen = 9000
    /// pm = dynamic
    /// pm.max_children = 20
    /// pm.start_servers = 4
    /// pm.min_spare_servers = 2
    /// pm.max_spare_servers = 6
    /// ```
    /// ## Use instead
    /// ```ini docker/www.conf
    /// [www]
    /// user = www-data
    /// listen = 9000
    /// pm = dynamic
    /// pm.max_children = 20
    /// pm.start_servers = 4
    /// pm.min_spare_servers = 2
    /// pm.max_spare_servers = 6
    /// pm.max_requests = 500
    /// ```
    pub(crate) static RULE = {
        id: "PH016", slug: "fpm-max-requests", control: ProcessPool, severity: P3,
        seed: "13.1",
        fix: Auto,
        effort: 5,
        check: FpmPool(check),
    }
}

fn check(config: &ConfigContext<'_>, pool: &Ini, findings: &mut Findings<'_>) {
    for section in pools(pool) {
        let entry = pool.get_of(section, "pm.max_requests");
        let Some(last) = section.entries.iter().rfind(|entry| entry.key.text == "pm" || entry.key.text.starts_with("pm.")) else {
            continue;
        };
        if entry.is_some_and(|entry| entry.text() != "0") || pool.get_of(section, "pm").is_none() {
            continue;
        }
        let edit = match entry {
            Some(entry) => replace(entry.value_span(), "500"),
            None => config.line_after(last.span, "pm.max_requests = 500"),
        };
        findings
            .report(entry.map_or(last.span, |entry| entry.span), "workers are never replaced")
            .severity(config.grade(RULE.severity))
            .help("write `pm.max_requests = 500`")
            .fix("replace them after 500 requests", edit);
    }
}
