//! deploy.resources, cpus, mem_*, cpu_*, pids_limit, gpus → requests and limits.

use windlass_compose::model::{Bytes, DeviceRequest, Resources};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

/// The attributes outside `deploy` that speak of resources.
pub(super) struct Written<'a> {
    pub(super) cpus: Option<&'a Spanned<f64>>,
    pub(super) mem_limit: Option<&'a Spanned<Bytes>>,
    pub(super) mem_reservation: Option<&'a Spanned<Bytes>>,
    pub(super) cpu_shares: Option<&'a Spanned<i64>>,
    pub(super) cpu_quota: Option<&'a Spanned<i64>>,
    pub(super) cpu_period: Option<&'a Spanned<i64>>,
    pub(super) pids_limit: Option<&'a Spanned<i64>>,
    pub(super) gpus: &'a [Spanned<DeviceRequest>],
}

pub(super) fn resources(
    _written: &Written<'_>,
    _deploy: Option<&Spanned<Resources>>,
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}
