//! CO080 no-metrics.

use crate::context::{Role, ServiceContext, StackContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A production stack has nothing that collects metrics.
    ///
    /// ## Why
    /// That it is slow, or full, is seen when users complain.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   prometheus:
    ///     image: prom/prometheus:v3.5.0
    /// ```
    pub(crate) static RULE = {
        id: "CO080", slug: "no-metrics", control: Metrics, severity: P3,
        seed: "2.3, 11.3, 14.1, 19.2",
        effort: 60,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    if !stack.is_production() || !stack.services().any(|service| service.role() == Role::App) {
        return findings.not_applicable();
    }
    const WORDS: [&str; 8] = ["prometheus", "exporter", "grafana", "datadog", "newrelic", "telegraf", "otel", "victoria"];
    let collects = |service: &ServiceContext<'_>| {
        let image = service.model().image.as_ref().map(|image| image.value.as_str()).unwrap_or_default();
        service.role() == Role::Monitoring || WORDS.iter().any(|word| image.contains(word) || service.name().contains(word))
    };
    let sends = |service: &ServiceContext<'_>| {
        service.environment.iter().any(|entry| ["OTEL_", "DD_", "NEW_RELIC_"].iter().any(|start| entry.name.value.starts_with(start)))
    };
    if stack.services().any(|service| collects(&service) || sends(&service)) {
        return;
    }
    findings
        .report(stack.key_span("services"), "nothing collects metrics of the stack")
        .help("add Prometheus with exporters, or a service that sends metrics elsewhere");
}
