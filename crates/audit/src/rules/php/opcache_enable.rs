//! PH001 opcache-enable.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// OPcache is switched off.
    ///
    /// ## Why
    /// Without it PHP reads and compiles every file for every request, which costs half of the machine.
    ///
    /// PHP switches it on by itself, so only `opcache.enable = 0` is reported, and only for production.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// opcache.enable = 0
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// opcache.enable = 1
    /// ```
    pub(crate) static RULE = {
        id: "PH001", slug: "opcache-enable", control: PhpSettings, severity: P2,
        seed: "9.1, 13.1",
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
    let Some(entry) = php.get("opcache.enable").filter(|entry| config.decides(entry)) else { return };
    if Dialect::Php.truth(entry) == Some(false) {
        findings
            .report(entry.span, "OPcache is switched off")
            .severity(config.grade(RULE.severity))
            .help("write `opcache.enable = 1`")
            .fix("switch OPcache on", replace(entry.value_span(), "1"));
    }
}
