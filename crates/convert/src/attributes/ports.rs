//! ports, expose → container ports; the Services are made in `finish`.

use smol_str::SmolStr;
use windlass_compose::model::Port;
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

pub(super) fn ports(
    _ports: &[Spanned<Port>],
    _expose: &[Spanned<SmolStr>],
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}
