//! PH005 memory-limit.

use windlass_conf::ini::Ini;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A PHP request may take any amount of memory.
    ///
    /// ## Why
    /// One request that goes wrong takes the container's memory, and the kernel kills the pool with all other requests.
    ///
    /// Without the setting PHP takes 128 MB, which is a limit.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// memory_limit = -1
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// memory_limit = 256M
    /// ```
    pub(crate) static RULE = {
        id: "PH005", slug: "memory-limit", control: PhpSettings, severity: P2,
        seed: "9.1",
        fix: Suggest,
        effort: 15,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = php.get("memory_limit").filter(|entry| config.decides(entry)) else { return };
    if entry.text() == "-1" {
        findings
            .report(entry.span, "a request may take any amount of memory")
            .severity(config.grade(RULE.severity))
            .help("write `memory_limit = 256M`")
            .suggest("take 256 MB at most", replace(entry.value_span(), "256M"));
    }
}
