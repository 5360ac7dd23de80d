//! CO064 log-compress.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Logs are rotated, and those that are full are kept as they are.
    ///
    /// ## Why
    /// Compressed, they take about a tenth of the disk.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     logging:
    ///       driver: json-file
    ///       options:
    ///         max-size: 10m
    ///         max-file: "5"
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
        id: "CO064", slug: "log-compress", control: Logging, severity: P3,
        seed: "2.3, 14.2",
        fix: Auto,
        effort: 1,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(logging) = service.logging.as_ref().map(|logging| &logging.value) else { return findings.not_applicable() };
    let is_file = logging.driver.as_ref().is_none_or(|driver| driver.value == "json-file");
    // With one file nothing is left to compress.
    let files = logging.options.get("max-file").and_then(|count| count.value.parse::<u32>().ok());
    if !is_file || !logging.options.contains("max-size") || files.is_none_or(|count| count < 2) {
        return findings.not_applicable();
    }
    if !logging.options.contains("compress") {
        findings
            .report(service.attribute_span("logging"), format!("full logs of `{}` are kept uncompressed", service.name()))
            .help("add `compress: \"true\"` to `logging.options`")
            .fix("compress them", service.insert_in(&["logging", "options"], "compress", "\"true\""));
    }
}
