//! Claims: one for each named volume.

use windlass_k8s::Objects;
use windlass_source::Diagnostic;

use crate::decide::Plan;
use crate::fates::Fates;

pub(super) fn claims(_plan: &Plan<'_>, _objects: &mut Objects, _fates: &mut Fates, _diagnostics: &mut Vec<Diagnostic>) {}
