//! CO062 log-rotation.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Logs grow without end.
    ///
    /// The repair needs a size, so it is for a person to make.
    ///
    /// ## Why
    /// Docker keeps all that a container prints, on the disk that its datastores use as well.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     logging:
    ///       driver: json-file
    ///       options:
    ///         max-size: 10m
    ///         max-file: "5"
    ///         compress: "true"
    /// ```
    pub(crate) static RULE = {
        id: "CO062", slug: "log-rotation", control: Logging, severity: P2,
        seed: "2.3, 14.2",
        fix: Suggest,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_long_running() {
        return findings.not_applicable();
    }
    let logging = service.logging.as_ref().map(|logging| &logging.value);
    let driver = logging.and_then(|logging| logging.driver.as_ref()).map_or("json-file", |driver| driver.value.as_str());
    // `local` rotates by itself; the others send logs away.
    if driver != "json-file" || logging.is_some_and(|logging| logging.options.contains("max-size")) {
        return;
    }
    findings
        .report(service.attribute_span("logging"), format!("the log of `{}` grows until the disk is full", service.name()))
        .severity(service.grade(RULE.severity))
        .help("set `max-size` and `max-file` under `logging.options`, or use the driver `local`")
        .suggest(
            "rotate at 10 MB, keep 5",
            service.insert("logging", "driver: json-file\noptions:\n  max-size: 10m\n  max-file: \"5\"\n  compress: \"true\""),
        );
}
