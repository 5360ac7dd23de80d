//! PH013 revalidate-dev.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// In development OPcache looks for changed files less often than every ten seconds.
    ///
    /// ## Why
    /// Edits seem to have no effect, and people look for a mistake that is not there.
    ///
    /// PHP's default is two seconds.
    ///
    /// ## Example
    /// ```ini docker/dev/php.ini
    /// opcache.validate_timestamps = 1
    /// opcache.revalidate_freq = 60
    /// ```
    /// ## Use instead
    /// ```ini docker/dev/php.ini
    /// opcache.validate_timestamps = 1
    /// opcache.revalidate_freq = 2
    /// ```
    pub(crate) static RULE = {
        id: "PH013", slug: "revalidate-dev", control: PhpSettings, severity: P3,
        seed: "9.1",
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    if config.is_production() {
        return findings.not_applicable();
    }
    let Some(entry) = php.get("opcache.revalidate_freq") else { return };
    let is_on = php.get("opcache.validate_timestamps").is_none_or(|entry| Dialect::Php.truth(entry) == Some(true));
    if is_on && entry.text().parse::<u64>().is_ok_and(|seconds| seconds > 10) {
        findings
            .report(entry.span, format!("OPcache looks for changed files every {} s", entry.text()))
            .help("write `opcache.revalidate_freq = 2`, or 0")
            .fix("look every two seconds", replace(entry.value_span(), "2"));
    }
}
