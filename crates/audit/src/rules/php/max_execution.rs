//! PH006 max-execution.

use windlass_conf::ini::Ini;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A PHP request may run for ever, or for longer than five minutes.
    ///
    /// ## Why
    /// A request that hangs keeps its worker; when all workers hang, nobody is served.
    ///
    /// PHP's default is 30 seconds.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// max_execution_time = 0
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// max_execution_time = 60
    /// ```
    pub(crate) static RULE = {
        id: "PH006", slug: "max-execution", control: PhpSettings, severity: P3,
        seed: "9.1",
        fix: Suggest,
        effort: 15,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = php.get("max_execution_time").filter(|entry| config.decides(entry)) else { return };
    if entry.text().parse::<u64>().is_ok_and(|seconds| seconds == 0 || seconds > 300) {
        findings
            .report(
                entry.span,
                match entry.text() {
                    "0" => "a request may run for ever".to_owned(),
                    seconds => format!("a request may run for {seconds} s"),
                },
            )
            .severity(config.grade(RULE.severity))
            .help("write `max_execution_time = 60`")
            .suggest("end it after a minute", replace(entry.value_span(), "60"));
    }
}
