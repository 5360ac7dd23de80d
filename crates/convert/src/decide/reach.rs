//! Under which names services are called, and by whom.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_k8s::name::service_name;

use super::{Input, ServicePlan};

/// Names that lead to services: their own, aliases in networks, `container_name`, `hostname`, `links`.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Every name as it is written in the project → the service, by its place. A service's own name beats an alias.
    names: BTreeMap<SmolStr, usize>,
}

impl Reach {
    pub(super) fn of(services: &[ServicePlan<'_>], _input: &Input<'_>) -> Self {
        let mut names = BTreeMap::new();
        for plan in services {
            names.insert(plan.service.name.value.clone(), plan.index);
        }
        for plan in services {
            let service = plan.service;
            let aliases = service.networks.iter().filter_map(|network| network.value.as_ref()).flat_map(|network| &network.aliases);
            let others = [&service.container_name, &service.hostname].into_iter().flatten();
            for name in aliases.chain(others) {
                names.entry(name.value.clone()).or_insert(plan.index);
            }
            for link in &service.links {
                let Some((target, alias)) = link.split_once(':') else { continue };
                if let Some(other) = services.iter().find(|other| other.service.name.as_str() == target) {
                    names.entry(alias.into()).or_insert(other.index);
                }
            }
        }
        Self { names }
    }

    /// The service that a name leads to.
    pub(crate) fn service(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The names beside its own in the cluster under which a service is called, as they are written.
    pub(crate) fn other_names<'a>(&'a self, plan: &'a ServicePlan<'_>) -> impl Iterator<Item = &'a SmolStr> {
        self.names.iter().filter(move |(name, service)| **service == plan.index && **name != plan.name).map(|(name, _)| name)
    }

    /// What a name becomes in the cluster, when it is not the same.
    pub(crate) fn renamed(&self, name: &str) -> Option<SmolStr> {
        self.service(name)?;
        let label = service_name(name);
        (label != name).then_some(label)
    }
}
