//! depends_on → init containers that wait.

use windlass_compose::model::{ByName, Dependency};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

pub(super) fn depends_on(_depends_on: &ByName<Spanned<Dependency>>, _service: &ServicePlan<'_>, _plan: &Plan<'_>, _sink: &mut Sink<'_>) {}
