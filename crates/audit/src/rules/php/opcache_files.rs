//! PH004 opcache-files.

use windlass_conf::ini::Ini;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// OPcache holds fewer than 10,000 files.
    ///
    /// ## Why
    /// A framework with its packages has more than that; those that find no place are compiled again for every request.
    ///
    /// PHP's default of 10,000 passes.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// opcache.max_accelerated_files = 4000
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// opcache.max_accelerated_files = 20000
    /// ```
    pub(crate) static RULE = {
        id: "PH004", slug: "opcache-files", control: PhpSettings, severity: P3,
        seed: "9.1, 13.1",
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = php.get("opcache.max_accelerated_files").filter(|entry| config.decides(entry)) else { return };
    if entry.text().parse::<u64>().is_ok_and(|count| count < 10_000) {
        findings
            .report(entry.span, format!("OPcache holds {} files", entry.text()))
            .severity(config.grade(RULE.severity))
            .help("write `opcache.max_accelerated_files = 20000`")
            .fix("hold 20,000", replace(entry.value_span(), "20000"));
    }
}
