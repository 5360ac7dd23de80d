//! PH019 ini-order.

use windlass_conf::ini::{Dialect, Entry, Ini};

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A file of PHP's settings takes back what another one sets.
    ///
    /// ## Why
    /// PHP reads `php.ini`, then the files of `conf.d` in the order of their names; the last one decides. So a file of production can be in place and have no effect.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: php:8.4-fpm
    ///     volumes:
    ///       - ./docker/production.ini:/usr/local/etc/php/conf.d/app.ini:ro
    ///       - ./docker/custom.ini:/usr/local/etc/php/conf.d/zz-custom.ini:ro
    /// ```
    /// ```ini docker/production.ini
    /// display_errors = Off
    /// memory_limit = 256M
    /// ```
    /// ```ini docker/custom.ini
    /// display_errors = On
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: php:8.4-fpm
    ///     volumes:
    ///       - ./docker/production.ini:/usr/local/etc/php/conf.d/app.ini:ro
    ///       - ./docker/custom.ini:/usr/local/etc/php/conf.d/zz-custom.ini:ro
    /// ```
    /// ```ini docker/production.ini
    /// display_errors = Off
    /// memory_limit = 256M
    /// ```
    /// ```ini docker/custom.ini
    /// date.timezone = UTC
    /// ```
    pub(crate) static RULE = {
        id: "PH019", slug: "ini-order", control: PhpSettings, severity: P2,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    // In development it is how settings of production are put aside.
    if !service.is_production() {
        return findings.not_applicable();
    }
    let files = service.php_files();
    for (at, (_, later, target)) in files.iter().enumerate() {
        for entry in later.entries().filter(|entry| !is_list(entry)) {
            let same = |ini: &&Ini| ini.get(&entry.key.text).is_some_and(|other| !is_same(other, entry));
            let Some(other) = files[..at].iter().rev().map(|(_, ini, _)| *ini).find(same).and_then(|ini| ini.get(&entry.key.text)) else {
                continue;
            };
            if later.get(&entry.key.text) != Some(entry) {
                continue;
            }
            findings
                .report(entry.span, format!("`{}` is {} here, which takes back {}", entry.key.text, shown(entry), shown(other)))
                .severity(service.grade(RULE.severity))
                .related(other.span, "what an earlier file sets")
                .because(format!("PHP reads it last, at `{target}`"))
                .help("set it in one file");
        }
    }
}

/// Settings that add to those before: `extension`.
fn is_list(entry: &Entry) -> bool {
    matches!(entry.key.text.as_str(), "extension" | "zend_extension") || entry.key.text.ends_with(']')
}

fn is_same(a: &Entry, b: &Entry) -> bool {
    let truths = (Dialect::Php.truth(a), Dialect::Php.truth(b));
    a.text() == b.text() || (a.text().parse::<i64>().is_err() && truths.0.is_some() && truths.0 == truths.1)
}

fn shown(entry: &Entry) -> String {
    if entry.text().is_empty() { "nothing".to_owned() } else { format!("`{}`", entry.text()) }
}
