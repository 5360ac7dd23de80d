//! PH002 opcache-timestamps.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// OPcache looks on the disk whether files have changed, though the code of an image never does; or development does not look.
    ///
    /// Reported for files that have other settings of OPcache.
    ///
    /// ## Why
    /// In production each look is wasted; in development without it, edits have no effect until the container is started again.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// opcache.enable = 1
    /// opcache.memory_consumption = 256
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// opcache.enable = 1
    /// opcache.validate_timestamps = 0
    /// ```
    pub(crate) static RULE = {
        id: "PH002", slug: "opcache-timestamps", control: PhpSettings, severity: P3,
        seed: "9.1",
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(last) = php.entries().rfind(|entry| entry.key.text.starts_with("opcache.")) else { return findings.not_applicable() };
    let written = php.get("opcache.validate_timestamps");
    if written.is_none() && config.services().any(|(service, _)| service.php_setting("opcache.validate_timestamps").is_some()) {
        return;
    }
    let looks = written.is_none_or(|entry| Dialect::Php.truth(entry) == Some(true));
    let is_production = config.is_production();
    if looks != is_production {
        return;
    }
    let (message, value, help) = match is_production {
        true => ("OPcache looks for changed files, which an image does not have", "0", "write `opcache.validate_timestamps = 0`"),
        false => ("OPcache does not look for changed files, so edits have no effect", "1", "write `opcache.validate_timestamps = 1`"),
    };
    let edit = match written {
        Some(entry) => replace(entry.value_span(), value),
        None => config.line_after(last.span, &format!("opcache.validate_timestamps = {value}")),
    };
    findings.report(written.unwrap_or(last).span, message).help(help).fix("set it", edit);
}
