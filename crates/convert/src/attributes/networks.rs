//! networks, network_mode, links, dns*, extra_hosts.

use smol_str::SmolStr;
use windlass_compose::model::{ByName, ExtraHosts, NetworkMode, ServiceNetwork};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};

/// What the service's resolver is told.
pub(super) struct Resolver<'a> {
    pub(super) dns: &'a [Spanned<SmolStr>],
    pub(super) dns_opt: &'a [Spanned<SmolStr>],
    pub(super) dns_search: &'a [Spanned<SmolStr>],
    pub(super) extra_hosts: &'a ExtraHosts,
}

pub(super) fn networks(
    _networks: &ByName<Option<Spanned<ServiceNetwork>>>,
    _mode: Option<&Spanned<NetworkMode>>,
    _mac_address: Option<&Spanned<SmolStr>>,
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}

pub(super) fn links(
    _links: &[Spanned<SmolStr>],
    _external: &[Spanned<SmolStr>],
    _service: &ServicePlan<'_>,
    _plan: &Plan<'_>,
    _sink: &mut Sink<'_>,
) {
}

pub(super) fn resolver(_resolver: &Resolver<'_>, _service: &ServicePlan<'_>, _sink: &mut Sink<'_>) {}
