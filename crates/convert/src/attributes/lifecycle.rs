//! restart, stop_grace_period, stop_signal, post_start, pre_stop.

use smol_str::SmolStr;
use windlass_compose::model::{Duration, Hook, Restart};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::ServicePlan;

pub(super) fn restart(_restart: Option<&Spanned<Restart>>, _service: &ServicePlan<'_>, _sink: &mut Sink<'_>) {}

pub(super) fn stop(
    _grace: Option<&Spanned<Duration>>,
    _signal: Option<&Spanned<SmolStr>>,
    _service: &ServicePlan<'_>,
    _sink: &mut Sink<'_>,
) {
}

pub(super) fn hooks(_post_start: &[Spanned<Hook>], _pre_stop: &[Spanned<Hook>], _service: &ServicePlan<'_>, _sink: &mut Sink<'_>) {}
