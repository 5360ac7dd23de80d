//! CO081 no-log-aggregation.

use crate::context::{ServiceContext, StackContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A production stack of several services leaves its logs on the machine.
    ///
    /// ## Why
    /// After a crash of the machine they are gone, and what happened across services has to be put together by hand.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   web:
    ///     image: nginx:1.28
    ///   db:
    ///     image: mysql:8.4
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   web:
    ///     image: nginx:1.28
    ///   db:
    ///     image: mysql:8.4
    ///   loki:
    ///     image: grafana/loki:3.5.0
    /// ```
    pub(crate) static RULE = {
        id: "CO081", slug: "no-log-aggregation", control: LogAggregation, severity: P3,
        seed: "2.3, 14.1, 17.1",
        effort: 60,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    if !stack.is_production() || stack.services().count() < 3 {
        return findings.not_applicable();
    }
    const WORDS: [&str; 13] = [
        "loki",
        "promtail",
        "fluent",
        "vector",
        "logstash",
        "elasticsearch",
        "opensearch",
        "graylog",
        "filebeat",
        "alloy",
        "datadog",
        "seq",
        "splunk",
    ];
    let collects = |service: &ServiceContext<'_>| {
        let image = service.model().image.as_ref().map(|image| image.value.as_str()).unwrap_or_default();
        let driver = service.logging.as_ref().and_then(|logging| logging.driver.as_ref());
        let is_sent = driver.is_some_and(|driver| !matches!(driver.value.as_str(), "json-file" | "local" | "none" | "journald"));
        is_sent || WORDS.iter().any(|word| image.contains(word) || service.name().contains(word))
    };
    if stack.services().any(|service| collects(&service)) {
        return;
    }
    findings
        .report(stack.key_span("services"), "the logs of all services stay on the machine")
        .help("send them elsewhere: Loki, Elasticsearch, a logging driver");
}
