//! PH009 log-errors.

use windlass_conf::ini::{Dialect, Ini};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Errors are not logged.
    ///
    /// ## Why
    /// What is neither shown nor logged never happened, until people complain.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// log_errors = Off
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// log_errors = On
    /// ```
    pub(crate) static RULE = {
        id: "PH009", slug: "log-errors", control: PhpSettings, severity: P2,
        seed: "9.1",
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = php.get("log_errors").filter(|entry| config.decides(entry)) else { return };
    if Dialect::Php.truth(entry) == Some(false) {
        findings
            .report(entry.span, "errors are not logged")
            .severity(config.grade(RULE.severity))
            .help("write `log_errors = On`")
            .fix("log errors", replace(entry.value_span(), "On"));
    }
}
