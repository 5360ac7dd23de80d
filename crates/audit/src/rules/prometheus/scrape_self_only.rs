//! PR001 scrape-self-only.

use windlass_conf::Word;
use windlass_conf::prometheus::Prometheus;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Prometheus scrapes nothing but itself.
    ///
    /// ## Why
    /// It runs, its dashboards are green, and nothing is known of the application.
    ///
    /// ## Example
    /// ```yaml docker/prometheus.yml
    /// rule_files: [rules.yml]
    /// alerting:
    ///   alertmanagers:
    ///     - static_configs: [{ targets: ["alertmanager:9093"] }]
    /// scrape_configs:
    ///   - job_name: prometheus
    ///     static_configs:
    ///       - targets: ["localhost:9090"]
    /// ```
    /// ## Use instead
    /// ```yaml docker/prometheus.yml
    /// rule_files: [rules.yml]
    /// alerting:
    ///   alertmanagers:
    ///     - static_configs: [{ targets: ["alertmanager:9093"] }]
    /// scrape_configs:
    ///   - job_name: prometheus
    ///     static_configs:
    ///       - targets: ["localhost:9090"]
    ///   - job_name: app
    ///     static_configs:
    ///       - targets: ["app:8080"]
    /// ```
    pub(crate) static RULE = {
        id: "PR001", slug: "scrape-self-only", control: Metrics, severity: P2,
        seed: "14.1",
        effort: 60,
        check: Prometheus(check),
    }
}

fn check(config: &ConfigContext<'_>, prometheus: &Prometheus, findings: &mut Findings<'_>) {
    let is_own = |target: &Word| {
        let (host, port) = target.text.rsplit_once(':').unwrap_or((&target.text, ""));
        let names = ["localhost", "127.0.0.1", "prometheus"];
        names.contains(&host) && (port.is_empty() || port == "9090")
    };
    let scrapes_more =
        prometheus.scrapes.iter().any(|scrape| !scrape.discovery.is_empty() || scrape.targets.iter().any(|target| !is_own(target)));
    if scrapes_more || !prometheus.scrape_files.is_empty() {
        return;
    }
    // One that is written to scrapes nothing by design.
    if prometheus.scrapes.is_empty() {
        return findings.not_applicable();
    }
    findings
        .report(prometheus.scrapes_key, "Prometheus scrapes nothing but itself")
        .severity(config.grade(RULE.severity))
        .help("add a job for the application, and exporters for its datastores");
}
