//! Which named volumes there are, who uses them, and how they are shared.

use smol_str::SmolStr;
use windlass_compose::model::MountKind;
use windlass_k8s::name::object_name;

use super::{Input, ServicePlan};
use crate::options::SharedVolumes;

/// A named volume of the project: one claim, whatever mounts it.
#[derive(Clone, Debug)]
pub(crate) struct VolumePlan {
    /// Its key in the project.
    pub(crate) key: SmolStr,
    /// The name of its claim.
    pub(crate) claim: SmolStr,
    /// It is there already; no claim is made.
    pub(crate) is_external: bool,
    pub(crate) uses: Vec<VolumeUse>,
    pub(crate) sharing: Sharing,
}

/// One mount of a volume.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VolumeUse {
    /// The service, by its place in the project.
    pub(crate) service: usize,
    /// The mount, by its place in the service's `volumes`.
    pub(crate) mount: usize,
}

/// How many pods mount a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// At most one pod at a time.
    Single,
    /// Several pods on one node (ReadWriteOnce with affinity).
    OneNode,
    /// Several pods on any node (ReadWriteMany).
    Many,
}

/// One plan for each named volume, in the project's order.
pub(super) fn plan(services: &[ServicePlan<'_>], input: &Input<'_>) -> Vec<VolumePlan> {
    let mut plans: Vec<VolumePlan> = input
        .project
        .volumes
        .iter()
        .map(|entry| {
            let is_external = entry.value.external.as_ref().is_some_and(|external| external.value);
            // An external claim is called as the engine calls the volume; one of the project by its key, so that the claim
            // outlives a rename of the project.
            let name = entry.value.name.as_ref().filter(|_| is_external).map_or(&entry.name.value, |name| &name.value);
            VolumePlan { key: entry.name.value.clone(), claim: object_name(name), is_external, uses: Vec::new(), sharing: Sharing::Single }
        })
        .collect();
    for plan in services {
        for (mount, spanned) in plan.service.volumes.iter().enumerate() {
            if spanned.kind.value != MountKind::Volume {
                continue;
            }
            let Some(source) = &spanned.source else { continue };
            if let Ok(at) = plans.binary_search_by(|volume| volume.key.cmp(&source.value)) {
                plans[at].uses.push(VolumeUse { service: plan.index, mount });
            }
        }
    }
    for volume in &mut plans {
        volume.sharing = sharing(&volume.uses, services, input.options.shared_volumes);
    }
    plans
}

fn sharing(uses: &[VolumeUse], services: &[ServicePlan<'_>], wanted: SharedVolumes) -> Sharing {
    let mut pods: Vec<usize> = uses.iter().map(|usage| services[usage.service].pod).collect();
    pods.dedup();
    let replicas: i32 = pods.iter().map(|pod| services[*pod].replicas.max(1)).sum();
    let on_every_node = pods.iter().any(|pod| services[*pod].kind == windlass_k8s::Kind::DaemonSet);
    match (replicas, wanted) {
        _ if on_every_node => Sharing::Many,
        (..=1, _) => Sharing::Single,
        (_, SharedVolumes::Affinity) => Sharing::OneNode,
        (_, SharedVolumes::Rwx) => Sharing::Many,
    }
}
