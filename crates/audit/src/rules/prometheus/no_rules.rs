//! PR002 no-rules.

use windlass_conf::prometheus::Prometheus;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Prometheus has no rules, or nobody to tell about them.
    ///
    /// ## Why
    /// Numbers that nobody looks at at night warn nobody. Rules say what is wrong, an Alertmanager wakes somebody.
    ///
    /// ## Example
    /// ```yaml docker/prometheus.yml
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs:
    ///       - targets: ["app:8080"]
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
    /// ```
    pub(crate) static RULE = {
        id: "PR002", slug: "no-rules", control: Metrics, severity: P3,
        seed: "24.1",
        effort: 60,
        check: Prometheus(check),
    }
}

fn check(config: &ConfigContext<'_>, prometheus: &Prometheus, findings: &mut Findings<'_>) {
    let missing = match (prometheus.rule_files.is_empty(), prometheus.alerting.is_none()) {
        (true, true) => "neither rules nor an Alertmanager",
        (true, false) => "an Alertmanager, but no rules",
        (false, true) => "rules, but no Alertmanager",
        (false, false) => return,
    };
    if prometheus.scrapes_key.is_none() {
        return findings.not_applicable();
    }
    // Rules alone may be for recording; whoever watches may be Grafana.
    if !prometheus.rule_files.is_empty()
        && config.services().any(|(service, _)| service.stack().services().any(|other| other.runs("grafana")))
    {
        return findings.exempt("Grafana of the same stack may tell people");
    }
    findings
        .report(prometheus.rule_files_key.or(prometheus.scrapes_key), format!("Prometheus has {missing}"))
        .severity(config.grade(RULE.severity))
        .help("add `rule_files:` and `alerting:`");
}
