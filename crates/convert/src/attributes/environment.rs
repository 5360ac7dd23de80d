//! environment, env_file → env, with credentials in Secrets.

use windlass_compose::model::{EnvFile, Environment};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

pub(super) fn environment(
    _environment: &Environment,
    _env_file: &[Spanned<EnvFile>],
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}
