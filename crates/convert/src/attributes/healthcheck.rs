//! healthcheck → startup, readiness and liveness probes.

use windlass_compose::model::Healthcheck;
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

pub(super) fn healthcheck(_healthcheck: Option<&Spanned<Healthcheck>>, _service: &ServicePlan<'_>, _plan: &Plan<'_>, _sink: &mut Sink<'_>) {
}
