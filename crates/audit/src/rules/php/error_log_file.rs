//! PH010 error-log-file.

use windlass_conf::ini::Ini;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Errors are logged to a file in the container.
    ///
    /// ## Why
    /// The file is seen by nobody, fills the disk, and goes with the container. What goes to `/dev/stderr` is kept and collected with all other logs.
    ///
    /// ## Example
    /// ```ini docker/php.ini
    /// error_log = /var/log/php-error.log
    /// ```
    /// ## Use instead
    /// ```ini docker/php.ini
    /// error_log = /dev/stderr
    /// ```
    pub(crate) static RULE = {
        id: "PH010", slug: "error-log-file", control: Logging, severity: P3,
        seed: "9.1, 12.1",
        fix: Auto,
        effort: 5,
        check: Php(check),
    }
}

fn check(config: &ConfigContext<'_>, php: &Ini, findings: &mut Findings<'_>) {
    let Some(entry) = php.get("error_log").filter(|entry| config.decides(entry)) else { return };
    let path = entry.text();
    if !path.contains('/') || ["/dev/", "/proc/", "php://"].iter().any(|start| path.starts_with(start)) || path.contains("${") {
        return;
    }
    findings
        .report(entry.span, format!("errors are logged to the file `{path}`"))
        .severity(config.grade(RULE.severity))
        .help("write `error_log = /dev/stderr`")
        .fix("log to the container's output", replace(entry.value_span(), "/dev/stderr"));
}
