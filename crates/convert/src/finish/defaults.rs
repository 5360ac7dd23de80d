//! Hardening that breaks nothing, and what `--security` adds.

use crate::decide::{Plan, ServicePlan};
use crate::draft::Draft;
use crate::fates::Fates;

pub(super) fn harden(_service: &ServicePlan<'_>, _plan: &Plan<'_>, _draft: &mut Draft, _fates: &mut Fates) {}
