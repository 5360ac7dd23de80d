//! PH014 fpm-pm.

use windlass_conf::ini::Ini;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::php::pools;

declare_rule! {
    /// A pool of PHP-FPM does not say how it starts its processes.
    ///
    /// ## Why
    /// `pm` has no default: where no other file sets it for the pool, PHP-FPM refuses to start.
    ///
    /// ## Example
    /// ```ini docker/php-fpm.d/www.conf
    /// [www]
    /// user = www-data
    /// listen = 9000
    /// pm.max_children = 20
    /// ```
    /// ## Use instead
    /// ```ini docker/php-fpm.d/www.conf
    /// [www]
    /// user = www-data
    /// listen = 9000
    /// pm = dynamic
    /// pm.max_children = 20
    /// ```
    pub(crate) static RULE = {
        id: "PH014", slug: "fpm-pm", control: ProcessPool, severity: P3,
        seed: "13.1",
        fix: Suggest,
        effort: 5,
        check: FpmPool(check),
    }
}

fn check(config: &ConfigContext<'_>, pool: &Ini, findings: &mut Findings<'_>) {
    for section in pools(pool) {
        let Some(entry) = section.entries.iter().find(|entry| entry.key.text.starts_with("pm.")) else { continue };
        let Some(name) = section.name.as_ref().filter(|_| pool.get_of(section, "pm").is_none()) else { continue };
        // Another file may set it: the image's `www.conf` stays where this one has another name.
        let replaces = config.uses().is_empty() || config.uses().iter().any(|place| place.target.ends_with("/www.conf"));
        if !replaces {
            continue;
        }
        findings
            .report(name.span, format!("pool `{}` has no `pm`", name.text))
            .severity(config.grade(RULE.severity))
            .help("write `pm = dynamic`")
            .suggest("start processes as they are needed", Some(config.line_after(entry.span, "pm = dynamic")));
    }
}
