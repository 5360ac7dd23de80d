//! configs, secrets → ConfigMaps and Secrets mounted as files.

use windlass_compose::model::FileMount;
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

pub(super) fn configs(_configs: &[Spanned<FileMount>], _service: &ServicePlan<'_>, _plan: &Plan<'_>, _sink: &mut Sink<'_>) {}

pub(super) fn secrets(_secrets: &[Spanned<FileMount>], _service: &ServicePlan<'_>, _plan: &Plan<'_>, _sink: &mut Sink<'_>) {}
