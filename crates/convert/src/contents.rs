//! What a project keeps in volumes and datastores, and where it belongs in the cluster: what `windlass data` carries.
//!
//! In: a project. Out: names and places. Nothing of the content itself is read; the commands and Jobs are in room `emit`.

use std::collections::BTreeSet;

use smol_str::SmolStr;
use windlass_compose::model::Project;
use windlass_images::dump::Dump;
use windlass_k8s::{Kind, ObjectRef};

use crate::decide::{Backing, Input, Plan, ServicePlan, VolumeOrigin, VolumePlan};
use crate::expand::expand;

/// What a project keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The volumes that have a claim, in the project's order, then those that mounts bring with them.
    pub volumes: Vec<KeptVolume>,
    /// The services whose content can be dumped, in the project's order.
    pub stores: Vec<Store>,
    /// Volumes whose content is not carried, each with the reason.
    pub left: Vec<(SmolStr, &'static str)>,
}

/// A volume and its claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptVolume {
    /// What a person calls it: its key in the project, or the name of its claim.
    pub name: SmolStr,
    /// Where Docker has it.
    pub source: Source,
    /// The claim.
    pub claim: SmolStr,
    /// The claim is one that the project refers to, and does not make.
    pub is_external: bool,
    /// The directory in the claim that stands for the whole volume.
    pub directory: Option<&'static str>,
    /// Each of several members has such a claim; this one is the first's.
    pub is_of_member: bool,
    /// The services that mount it, as the project calls them.
    pub services: Vec<SmolStr>,
    /// The workloads that mount it, without Jobs, which end by themselves.
    pub workloads: Vec<ObjectRef>,
}

/// Where Docker has the content of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A volume by its name in the engine; true when the project makes it.
    Volume(SmolStr, bool),
    /// A volume without a name, by the service that mounts it and the path there.
    Mount(SmolStr, String),
    /// A directory of the machine.
    Directory(String),
}

/// A service that runs a datastore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Its name in the project.
    pub service: SmolStr,
    /// Its container.
    pub container: SmolStr,
    /// The workload that runs it.
    pub workload: ObjectRef,
    /// How it is dumped.
    pub dump: Dump,
}

impl Contents {
    /// What a project keeps.
    pub fn of(input: &Input<'_>) -> Self {
        let options = input.options.with(input.project.windlass.as_ref().map(|settings| &settings.value));
        let expanded = expand(input.project);
        let input = &Input { options: &options, project: expanded.as_ref().unwrap_or(input.project), ..*input };
        // What there is to say of the project, `convert` says.
        let plan = Plan::new(input, &mut Vec::new());
        let mut contents = Self::default();
        for volume in plan.volumes.iter().filter(|volume| !volume.uses.is_empty()) {
            let left = match volume.backing {
                Backing::Claim | Backing::Template(_) | Backing::External => {
                    contents.volumes.push(kept(volume, &plan));
                    continue;
                }
                Backing::Nfs { .. } => "it stays on its file server, which pods mount",
                Backing::Memory(_) => "it is memory, and empty at each start",
                Backing::Host(_) => "it is a directory of the machine under another name, which the nodes need too",
            };
            contents.left.push((volume.key().into(), left));
        }
        contents.stores.extend(plan.services.iter().filter(|service| service.is_converted()).filter_map(|service| {
            let dump = service.image.server()?.dump?;
            let workload = workload(&plan.services[service.pod])?;
            Some(Store { service: service.service.name.value.clone(), container: service.name.clone(), workload, dump })
        }));
        contents
    }
}

fn kept(volume: &VolumePlan, plan: &Plan<'_>) -> KeptVolume {
    let users: BTreeSet<usize> = volume.uses.iter().map(|usage| usage.service).collect();
    let owners: BTreeSet<usize> = users.iter().map(|user| plan.services[*user].pod).collect();
    let member = match volume.backing {
        Backing::Template(owner) => Some(&plan.services[owner]),
        _ => None,
    };
    KeptVolume {
        name: volume.key().into(),
        source: source(volume, plan),
        // As a StatefulSet calls the claim of its first pod.
        claim: member.map_or_else(|| volume.claim.clone(), |owner| format!("{}-{}-0", volume.name, owner.name).into()),
        is_external: volume.backing == Backing::External,
        directory: volume.sub_path,
        is_of_member: member.is_some(),
        services: users.iter().map(|user| plan.services[*user].service.name.value.clone()).collect(),
        workloads: owners.iter().filter_map(|owner| workload(&plan.services[*owner])).collect(),
    }
}

/// The workload of a pod, unless it ends by itself.
fn workload(owner: &ServicePlan<'_>) -> Option<ObjectRef> {
    (owner.is_converted() && owner.kind != Kind::Job).then(|| ObjectRef::new(owner.kind, owner.name.clone()))
}

fn source(volume: &VolumePlan, plan: &Plan<'_>) -> Source {
    match &volume.origin {
        VolumeOrigin::Named(key) => named(key, plan.input.project),
        VolumeOrigin::Anonymous(service, target) => Source::Mount(plan.services[*service].service.name.value.clone(), target.clone()),
        VolumeOrigin::Directory(path) => {
            let first = volume.uses.first().and_then(|usage| plan.mounts[usage.service][usage.mount].mount.source.as_ref());
            Source::Directory(first.map_or_else(|| path.clone(), |source| source.value.to_string()))
        }
    }
}

/// A volume as the engine calls it: by its own name where it has one, else with the project's before it.
fn named(key: &SmolStr, project: &Project) -> Source {
    let written = project.volumes.get(key);
    let is_external = written.and_then(|written| written.external.as_ref()).is_some_and(|external| external.value);
    let name = written.and_then(|written| written.name.as_ref()).map(|name| name.value.clone());
    Source::Volume(name.unwrap_or_else(|| format!("{}_{key}", project.name.value).into()), !is_external)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::project;

    #[test]
    fn each_volume_has_its_place_on_both_sides() {
        let contents = project(
            "
services:
  db: { image: 'mysql:8.4', volumes: ['db:/var/lib/mysql'] }
  app: { image: acme/app, network_mode: 'service:web', volumes: ['uploads:/up', '/cache'] }
  web: { image: 'nginx:1.27', deploy: { replicas: 2 }, volumes: ['uploads:/up:ro', './data:/data', 'old:/old', 'ram:/ram'] }
  queue: { image: 'redis:7', command: [redis-cli, monitor] }
  members: { image: 'mongo:7', deploy: { replicas: 3 }, volumes: ['members:/data/db'] }
volumes:
  db: {}
  uploads: { name: shared-uploads }
  old: { external: true, name: from-before }
  ram: { driver_opts: { type: tmpfs, device: tmpfs } }
  members: {}
",
        )
        .contents();
        let row = |volume: &KeptVolume| {
            let KeptVolume { name, source, claim, is_external, directory, is_of_member, services, workloads } = volume;
            let workloads: Vec<String> = workloads.iter().map(ToString::to_string).collect();
            let marks = [(*is_external, " external"), (*is_of_member, " first member")];
            let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            format!("{name}: {source:?} → {claim}/{}{marks}, {} {}", directory.unwrap_or_default(), services.join("+"), workloads.join("+"))
        };
        let rows: Vec<String> = contents.volumes.iter().map(row).collect();
        insta::assert_snapshot!(rows.join("\n"), @r#"
        db: Volume("shop_db", true) → db/data, db StatefulSet/db
        members: Volume("shop_members", true) → members-members-0/ first member, members StatefulSet/members
        old: Volume("from-before", false) → from-before/ external, web Deployment/web
        uploads: Volume("shared-uploads", true) → uploads/, app+web Deployment/web
        data: Directory("/project/data") → data/, web Deployment/web
        "#);
        assert_eq!(contents.left, [("ram".into(), "it is memory, and empty at each start")]);
        let stores: Vec<String> =
            contents.stores.iter().map(|store| format!("{} {} {}", store.service, store.workload, store.dump.name())).collect();
        assert_eq!(stores, ["db StatefulSet/db mysql", "members StatefulSet/members mongo"]);
    }
}
