//! deploy, scale → replicas, update strategy, placement. Resources are in `resources`.

use windlass_compose::model::Deploy;
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

pub(super) fn deploy(
    _deploy: Option<&Spanned<Box<Deploy>>>,
    _scale: Option<&Spanned<i64>>,
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}
