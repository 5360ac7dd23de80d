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

use crate::api::Error;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    method: String,
    outcome: Answer,
}

#[derive(Clone, Copy, Debug, EncodeLabelValue, Eq, Hash, PartialEq)]
enum Answer {
    Done,
    NotLeading,
    Gone,
    Changed,
    Refused,
    Later,
}

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
    /// Objects that were put right after somebody else changed or deleted them.
    pub drift: Counter,
    /// Objects that were removed since nobody asks for them.
    pub pruned: Counter,
    /// Workloads that went back to an earlier revision.
    pub rollbacks: Counter,
    /// Stacks that the audit refused.
    pub audit_refusals: Counter,
    /// Whether this process leads.
    pub leader: Gauge,
    /// Stacks that are known.
    pub stacks: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets = || exponential_buckets(0.001, 2.0, 15);
        let mut metrics = Self {
            registry: Registry::with_prefix("windlass"),
            requests: Family::default(),
            request_seconds: Histogram::new(buckets()),
            reconciles: Family::default(),
            reconcile_seconds: Histogram::new(buckets()),
            drift: Counter::default(),
            pruned: Counter::default(),
            rollbacks: Counter::default(),
            audit_refusals: Counter::default(),
            leader: Gauge::default(),
            stacks: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("api_requests", "Requests to the API server, watches apart", metrics.requests.clone());
        registry.register("api_request_seconds", "Seconds until the API server answered", metrics.request_seconds.clone());
        registry.register("reconciles", "Looks at a Stack", metrics.reconciles.clone());
        registry.register("reconcile_seconds", "Seconds that a look took", metrics.reconcile_seconds.clone());
        registry.register("drift_repairs", "Objects put right after somebody else changed or deleted them", metrics.drift.clone());
        registry.register("prunes", "Objects removed since nobody asks for them", metrics.pruned.clone());
        registry.register("rollbacks", "Workloads that went back to an earlier revision", metrics.rollbacks.clone());
        registry.register("audit_refusals", "Revisions of Stacks that the audit refused", metrics.audit_refusals.clone());
        registry.register("leader", "1 while this process leads", metrics.leader.clone());
        registry.register("stacks", "Stacks that are known", metrics.stacks.clone());
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
    pub(crate) fn request(&self, method: &Method, error: Option<&Error>, took: Duration) {
        let outcome = match error {
            None => Answer::Done,
            Some(Error::NotLeading) => Answer::NotLeading,
            Some(Error::Gone(_)) => Answer::Gone,
            Some(Error::Changed(_)) => Answer::Changed,
            Some(Error::Refused { .. }) => Answer::Refused,
            Some(Error::Later(_)) => Answer::Later,
        };
        self.requests.get_or_create(&RequestLabels { method: method.to_string(), outcome }).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// A look at a Stack ended.
    pub(crate) fn reconciled(&self, result: Outcome, took: Duration) {
        self.reconciles.get_or_create(&OutcomeLabels { result }).inc();
        self.reconcile_seconds.observe(took.as_secs_f64());
    }
}
