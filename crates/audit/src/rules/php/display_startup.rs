//! PH012 display-startup.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Errors of PHP's start are shown in pages, in production.
    ///
    /// ## Why
    /// They come before the application can hide them, and tell paths and versions. The switch is apart from `display_errors`, and easily left on.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// display_startup_errors = On
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// display_startup_errors = Off
    /// ```
    pub(crate) static RULE = {
        id: "PH012", slug: "display-startup", control: PhpSettings, severity: P2,
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    // Development may want it.
    if !config.is_production() {
        return findings.not_applicable();
    }
    let Some(entry) = php.get("display_startup_errors").filter(|entry| config.decides(entry)) else { return };
    if Dialect::Php.truth(entry) == Some(true) {
        findings
            .report(entry.span, "errors of the start are shown in pages")
            .severity(config.grade(RULE.severity))
            .help("write `display_startup_errors = Off`")
            .fix("show no errors", replace(entry.value_span(), "Off"));
    }
}
