//! NetworkPolicies that keep networks apart as the project does.

use windlass_k8s::Objects;
use windlass_source::Diagnostic;

use crate::decide::Plan;
use crate::fates::Fates;

pub(super) fn policies(_plan: &Plan<'_>, _objects: &mut Objects, _fates: &mut Fates, _diagnostics: &mut Vec<Diagnostic>) {}
