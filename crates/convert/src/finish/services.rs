//! Services: one of its own name for every service that others may call, and those for published ports.

use windlass_k8s::Objects;
use windlass_source::Diagnostic;

use crate::decide::Plan;
use crate::fates::Fates;

pub(super) fn services(_plan: &Plan<'_>, _objects: &mut Objects, _fates: &mut Fates, _diagnostics: &mut Vec<Diagnostic>) {}
