//! PH011 expose-php.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// PHP tells its version in every response.
    ///
    /// Reported where it is switched on, and where a file of production's errors and limits leaves it at PHP's default, which is on.
    ///
    /// ## Why
    /// `X-Powered-By: PHP/8.2.1` tells an attacker which known defects to try.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// display_errors = Off
    /// memory_limit = 256M
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// display_errors = Off
    /// memory_limit = 256M
    /// expose_php = Off
    /// ```
    pub(crate) static RULE = {
        id: "PH011", slug: "expose-php", control: PhpSettings, severity: P3,
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let written = php.get("expose_php");
    if written.is_some_and(|entry| Dialect::Php.truth(entry) == Some(false)) {
        return;
    }
    let is_general = php.get("display_errors").is_some() && php.get("memory_limit").is_some();
    let is_set_elsewhere = || config.services().any(|(service, _)| service.php_setting("expose_php").is_some());
    if written.is_none() && (!is_general || !config.is_production() || is_set_elsewhere()) {
        return;
    }
    let edit = match written {
        Some(entry) => replace(entry.value_span(), "Off"),
        None => config.add_setting(php.sections.last(), "expose_php = Off"),
    };
    findings
        .report(written.map_or(config.start(), |entry| entry.span), "PHP tells its version in every response")
        .severity(config.grade(RULE.severity))
        .help("write `expose_php = Off`")
        .fix("hide the version", edit);
}
