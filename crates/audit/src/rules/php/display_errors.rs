//! PH008 display-errors.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Errors are shown in pages, in production.
    ///
    /// ## Why
    /// An error message tells paths, queries and values to whoever provokes it.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// display_errors = On
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// display_errors = Off
    /// ```
    pub(crate) static RULE = {
        id: "PH008", slug: "display-errors", control: PhpSettings, severity: P1,
        seed: "9.1",
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
    let Some(entry) = php.get("display_errors").filter(|entry| config.decides(entry)) else { return };
    if Dialect::Php.truth(entry) == Some(true) || entry.text().eq_ignore_ascii_case("stdout") {
        findings
            .report(entry.span, "errors are shown in pages")
            .severity(config.grade(RULE.severity))
            .help("write `display_errors = Off`")
            .fix("show no errors", replace(entry.value_span(), "Off"));
    }
}
