//! volumes, volumes_from, tmpfs, shm_size → volumes and mounts.

use smol_str::SmolStr;
use windlass_compose::model::{Bytes, Mount};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

pub(super) fn volumes(
    _volumes: &[Spanned<Mount>],
    _volumes_from: &[Spanned<SmolStr>],
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}

pub(super) fn memory(
    _tmpfs: &[Spanned<SmolStr>],
    _shm_size: Option<&Spanned<Bytes>>,
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}
