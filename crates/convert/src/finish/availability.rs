//! PodDisruptionBudgets.

use windlass_k8s::Objects;

use crate::decide::Plan;
use crate::fates::Fates;

pub(super) fn availability(_plan: &Plan<'_>, _objects: &mut Objects, _fates: &mut Fates) {}
