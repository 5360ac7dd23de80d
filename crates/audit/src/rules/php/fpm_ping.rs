//! PH018 fpm-ping.

use windlass_conf::ini::Ini;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::php::pools;

declare_rule! {
    /// A pool of PHP-FPM has nothing that a probe could ask.
    ///
    /// ## Why
    /// With `ping.path` or `pm.status_path` a probe learns over FastCGI whether workers answer; else only whether the port is open, which a hung pool is as well.
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
    /// ping.path = /fpm-ping
    /// ```
    pub(crate) static RULE = {
        id: "PH018", slug: "fpm-ping", control: HealthEndpoints, severity: P3,
        fix: Auto,
        effort: 5,
        check: FpmPool(check),
    }
}

fn check(config: &ConfigContext<'_>, pool: &Ini, findings: &mut Findings<'_>) {
    for section in pools(pool) {
        let has = |key: &str| pool.get_of(section, key).is_some();
        if !has("pm") || has("ping.path") || has("pm.status_path") {
            continue;
        }
        let (Some(name), Some(last)) = (&section.name, section.entries.last()) else { continue };
        findings
            .report(name.span, format!("pool `{}` has neither `ping.path` nor `pm.status_path`", name.text))
            .severity(config.grade(RULE.severity))
            .help("write `ping.path = /fpm-ping`")
            .fix("answer pings", config.line_after(last.span, "ping.path = /fpm-ping"));
    }
}
