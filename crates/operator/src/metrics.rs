//! Metrics in the OpenMetrics text form. No label has a name that a user chose, so their number is bounded.

use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    method: String,
    /// A kind in the plural, as in the path.
    resource: String,
    /// Of HTTP; 0 when there was no answer.
    code: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct KindLabels {
    kind: String,
}

/// The labels that dashboards for controllers know.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ControllerLabels {
    controller: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ControllerOutcome {
    controller: &'static str,
    result: &'static str,
}

const CONTROLLER: &str = "stack";

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OutcomeLabels {
    result: Outcome,
}

/// How a reconcile ended.
#[derive(Clone, Copy, Debug, EncodeLabelValue, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// Nothing is left to do now.
    Done,
    /// It is tried again.
    Error,
    /// It panicked.
    Panic,
}

/// All metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    reconciles: Family<OutcomeLabels, Counter>,
    reconcile_seconds: Histogram,
    watch_failures: Family<KindLabels, Counter>,
    controller_reconciles: Family<ControllerOutcome, Counter>,
    controller_errors: Family<ControllerLabels, Counter>,
    controller_panics: Family<ControllerLabels, Counter>,
    controller_seconds: Family<ControllerLabels, Histogram>,
    /// Objects that were put right after somebody else changed or deleted them.
    pub drift: Counter,
    /// Objects that were removed since nobody asks for them.
    pub pruned: Counter,
    /// Workloads that went back to an earlier revision.
    pub rollbacks: Counter,
    /// Stacks that the audit refused.
    pub audit_refusals: Counter,
    /// Events that were logged and not written, since there were too many.
    pub events_dropped: Counter,
    /// Whether this process leads.
    pub leader: Gauge,
    /// Stacks that are known.
    pub stacks: Gauge,
    /// Those of them whose condition `Ready` is not `True`.
    pub stacks_not_ready: Gauge,
    /// Objects in the caches.
    pub objects: Gauge,
    /// When the certificate ends that the webhook made for itself, in seconds since 1970.
    pub certificate_expires: Gauge,
    /// Reviews of the webhook.
    pub reviews: Counter,
    /// Seconds that a review took.
    pub review_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets = || exponential_buckets(0.001, 2.0, 15);
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(buckets()),
            reconciles: Family::default(),
            reconcile_seconds: Histogram::new(buckets()),
            watch_failures: Family::default(),
            controller_reconciles: Family::default(),
            controller_errors: Family::default(),
            controller_panics: Family::default(),
            controller_seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 15))),
            drift: Counter::default(),
            pruned: Counter::default(),
            rollbacks: Counter::default(),
            audit_refusals: Counter::default(),
            events_dropped: Counter::default(),
            leader: Gauge::default(),
            stacks: Gauge::default(),
            stacks_not_ready: Gauge::default(),
            objects: Gauge::default(),
            certificate_expires: Gauge::default(),
            reviews: Counter::default(),
            review_seconds: Histogram::new(buckets()),
        };
        let registry = &mut metrics.registry;
        // The same figures under the names that dashboards for controllers know.
        registry.register("controller_runtime_reconcile", "Looks at a Stack", metrics.controller_reconciles.clone());
        registry.register("controller_runtime_reconcile_errors", "Looks that are tried again", metrics.controller_errors.clone());
        registry.register("controller_runtime_reconcile_panics", "Looks that panicked", metrics.controller_panics.clone());
        registry.register("controller_runtime_reconcile_time_seconds", "Seconds that a look took", metrics.controller_seconds.clone());
        let registry = registry.sub_registry_with_prefix("windlass");
        registry.register("api_requests", "Requests to the API server, watches apart", metrics.requests.clone());
        registry.register("api_request_seconds", "Seconds until the API server answered", metrics.request_seconds.clone());
        registry.register("reconciles", "Looks at a Stack", metrics.reconciles.clone());
        registry.register("reconcile_seconds", "Seconds that a look took", metrics.reconcile_seconds.clone());
        registry.register("drift_repairs", "Objects put right after somebody else changed or deleted them", metrics.drift.clone());
        registry.register("prunes", "Objects removed since nobody asks for them", metrics.pruned.clone());
        registry.register("rollbacks", "Workloads that went back to an earlier revision", metrics.rollbacks.clone());
        registry.register("audit_refusals", "Revisions of Stacks that the audit refused", metrics.audit_refusals.clone());
        registry.register("events_dropped", "Events that were logged and not written: too many", metrics.events_dropped.clone());
        registry.register("leader", "1 while this process leads", metrics.leader.clone());
        registry.register("stacks", "Stacks that are known", metrics.stacks.clone());
        registry.register("stacks_not_ready", "Stacks that are not ready, or not known to be", metrics.stacks_not_ready.clone());
        registry.register("objects", "Objects in the caches", metrics.objects.clone());
        let expires = metrics.certificate_expires.clone();
        registry.register("webhook_certificate_expires_seconds", "When the webhook's own certificate ends, since 1970", expires);
        registry.register("watch_failures", "Watches that ended with an error and began anew", metrics.watch_failures.clone());
        registry.register("webhook_reviews", "Reviews of Stacks", metrics.reviews.clone());
        registry.register("webhook_review_seconds", "Seconds that a review took", metrics.review_seconds.clone());
        metrics
    }
}

impl Metrics {
    /// The text that a scrape gets.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to memory can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// A request was answered.
    pub(crate) fn request(&self, method: &Method, resource: &str, code: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { method: method.to_string(), resource: resource.to_owned(), code }).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// A watch of this kind ended with an error.
    pub(crate) fn watch_failed(&self, kind: &str) {
        self.watch_failures.get_or_create(&KindLabels { kind: kind.to_owned() }).inc();
    }

    /// A look at a Stack ended.
    pub(crate) fn reconciled(&self, result: Outcome, took: Duration) {
        self.reconciles.get_or_create(&OutcomeLabels { result }).inc();
        self.reconcile_seconds.observe(took.as_secs_f64());
        let labels = ControllerLabels { controller: CONTROLLER };
        self.controller_seconds.get_or_create(&labels).observe(took.as_secs_f64());
        let result = match result {
            Outcome::Done => "success",
            Outcome::Error => {
                self.controller_errors.get_or_create(&labels).inc();
                "error"
            }
            Outcome::Panic => {
                self.controller_panics.get_or_create(&labels).inc();
                "error"
            }
        };
        self.controller_reconciles.get_or_create(&ControllerOutcome { controller: CONTROLLER, result }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashboards_for_controllers_find_the_names_that_they_know() {
        let metrics = Metrics::default();
        metrics.reconciled(Outcome::Done, Duration::from_millis(3));
        metrics.reconciled(Outcome::Error, Duration::from_millis(3));
        metrics.reconciled(Outcome::Panic, Duration::ZERO);
        let text = metrics.text();
        for line in [
            "controller_runtime_reconcile_total{controller=\"stack\",result=\"success\"} 1",
            "controller_runtime_reconcile_total{controller=\"stack\",result=\"error\"} 2",
            "controller_runtime_reconcile_errors_total{controller=\"stack\"} 1",
            "controller_runtime_reconcile_panics_total{controller=\"stack\"} 1",
            "controller_runtime_reconcile_time_seconds_count{controller=\"stack\"} 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn requests_are_counted_by_verb_kind_and_code() {
        let metrics = Metrics::default();
        metrics.request(&Method::PATCH, "deployments", 200, Duration::from_millis(3));
        metrics.request(&Method::GET, "stacks", 0, Duration::from_millis(3));
        metrics.watch_failed("Deployment");
        let text = metrics.text();
        for line in [
            "windlass_api_requests_total{method=\"PATCH\",resource=\"deployments\",code=\"200\"} 1",
            "windlass_api_requests_total{method=\"GET\",resource=\"stacks\",code=\"0\"} 1",
            "windlass_watch_failures_total{kind=\"Deployment\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
