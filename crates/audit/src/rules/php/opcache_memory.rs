//! PH003 opcache-memory.

use windlass_conf::ini::Ini;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// OPcache has less than 128 MB.
    ///
    /// ## Why
    /// A framework with its packages needs more; what does not fit is compiled again for every request.
    ///
    /// PHP's default of 128 MB is enough to pass.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// opcache.memory_consumption = 64
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// opcache.memory_consumption = 256
    /// ```
    pub(crate) static RULE = {
        id: "PH003", slug: "opcache-memory", control: PhpSettings, severity: P3,
        seed: "9.1, 13.1",
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = php.get("opcache.memory_consumption").filter(|entry| config.decides(entry)) else { return };
    if entry.text().parse::<u64>().is_ok_and(|megabytes| megabytes < 128) {
        findings
            .report(entry.span, format!("OPcache has {} MB", entry.text()))
            .severity(config.grade(RULE.severity))
            .help("write `opcache.memory_consumption = 256`")
            .fix("give it 256 MB", replace(entry.value_span(), "256"));
    }
}
