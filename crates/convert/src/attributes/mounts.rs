//! volumes, volumes_from, tmpfs, shm_size → volumes of the pod and mounts of the container.
//!
//! What each mount is was decided before ([`Becoming`]); here it is made and reported.

mod claim;
mod copy;
mod files;
mod guarded;
mod host;
mod memory;
mod volume;

#[cfg(test)]
mod tests;

use k8s_openapi::api::core::v1::{ImageVolumeSource, Volume, VolumeMount};
use smol_str::SmolStr;
use windlass_compose::model::{BindOptions, ImageOptions, Mount, TmpfsOptions, VolumeOptions};
use windlass_k8s::name::{LABEL_LIMIT, label_name, with_suffix};
use windlass_k8s::{ContentHash, Kind};
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::Sink;
use crate::decide::{Becoming, HostKind, MountPlan, Plan, ServicePlan, source_of_volumes, user_and_group};
use crate::fates::{Fates, Place};
use crate::options::KubeVersion;

pub(crate) use claim::claim;
pub(super) use copy::{owned, resources as tool_resources, security as tool_security};
pub(super) use files::of_object;
pub(super) use guarded::{Privacy, privacy};
pub(super) use memory::memory;
pub(super) use volume::read_group;

/// What became of a mount.
pub(super) enum Became {
    Mapped(Vec<Place>, String),
    Approximated(Vec<Place>, String),
    Lost(String),
    Refused(String),
}

impl Became {
    fn mapped(place: Option<Place>) -> Self {
        match place {
            Some(place) => Self::Mapped(vec![place], String::new()),
            None => Self::taken(),
        }
    }

    fn approximated(place: Option<Place>, message: impl Into<String>) -> Self {
        match place {
            Some(place) => Self::Approximated(vec![place], message.into()),
            None => Self::taken(),
        }
    }

    fn taken() -> Self {
        Self::Lost("something else is mounted at this path already".to_owned())
    }

    fn record(self, path: Path, fates: &mut Fates) {
        match self {
            Self::Mapped(places, message) => fates.mapped_with(path, places, message),
            Self::Approximated(places, message) => fates.approximated(path, places, message),
            Self::Lost(message) => fates.lost(path, message),
            Self::Refused(message) => fates.refused(path, message),
        }
    }

    fn is_there(&self) -> bool {
        matches!(self, Self::Mapped(..) | Self::Approximated(..))
    }
}

pub(super) fn volumes(
    volumes: &[Spanned<Mount>],
    volumes_from: &[Spanned<SmolStr>],
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let mut taken_over: Vec<Place> = Vec::new();
    let mut left_out = 0;
    for mount in &plan.mounts[service.index] {
        let became = one(mount, service, plan, sink);
        let Some(index) = mount.written else {
            match became {
                Became::Mapped(places, _) | Became::Approximated(places, _) => taken_over.extend(places),
                Became::Lost(_) | Became::Refused(_) => left_out += 1,
            }
            continue;
        };
        let path = sink.at(&format!("volumes[{index}]"));
        let is_there = became.is_there();
        let on_host = matches!(mount.becomes, Becoming::Host(place) if matches!(plan.sources[place].is, HostKind::Machine));
        match became {
            // How it differs is said of what differs: what is mounted, not where.
            Became::Approximated(places, message) => {
                let about = if mount.mount.source.is_some() { "source" } else { "target" };
                sink.fates.mapped(path.clone(), places.clone());
                sink.fates.approximated(path.key(about), places, message);
            }
            became => became.record(path.clone(), sink.fates),
        }
        if let Some(Spanned { value: mount, .. }) = volumes.get(index)
            && is_there
        {
            options(mount, &path, on_host, sink.fates);
        }
    }
    if volumes_from.is_empty() {
        return;
    }
    let path = sink.at("volumes_from");
    let unknown: Vec<String> = volumes_from
        .iter()
        .filter(|from| source_of_volumes(from, &plan.services).is_none())
        .map(|from| format!("`{}`", from.value))
        .collect();
    if !unknown.is_empty() && unknown.len() == volumes_from.len() {
        sink.fates.lost(path, "the container is none of this project; mount its volumes by name, with `external: true`");
    } else if !unknown.is_empty() {
        sink.fates.approximated(path, taken_over, format!("without {}, which is none of this project", unknown.join(", ")));
    } else if left_out > 0 {
        sink.fates.approximated(path, taken_over, "without the mounts that the other service could not keep either");
    } else {
        sink.fates.mapped(path, taken_over);
    }
}

fn one(mount: &MountPlan<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) -> Became {
    match &mount.becomes {
        Becoming::Volume(volume) => volume::volume(mount, &plan.volumes[*volume], service, plan, sink),
        Becoming::Scratch => {
            let name = pod_volume(memory::empty_dir(None, None), "scratch", &mount.target, service, plan, sink);
            let place = mount_at(mount, name, None, service, sink);
            Became::approximated(place, "an empty directory that lives as long as the pod; give the volume a name to keep it")
        }
        Becoming::OwnLayer => Became::Approximated(
            Vec::new(),
            "nothing is mounted, so the image's own files are there, as long as the container lives; give the volume a name to keep it"
                .to_owned(),
        ),
        Becoming::Memory => memory::mount(mount, service, plan, sink),
        Becoming::Clock => {
            let message = "as the variable `TZ`; a pod has no clock settings of its node";
            let index = |sink: &Sink<'_>| sink.draft.container.env.iter().flatten().position(|variable| variable.name == "TZ");
            let place = index(sink).map(|index| Place::container_at(service.index, Path::parse(&format!("env[{index}]"))));
            Became::Approximated(place.into_iter().collect(), message.to_owned())
        }
        Becoming::Host(place) => host::host(mount, &plan.sources[*place], service, plan, sink),
        Becoming::InImage => {
            Became::Mapped(Vec::new(), "the image contains these files; a new version of them is a new version of the image".to_owned())
        }
        Becoming::Copied { service: from, path } => copy::from_image(mount, *from, path, service, plan, sink),
        Becoming::Image => image(mount, service, plan, sink),
        Becoming::Cluster => Became::Lost("volumes of a Swarm have no counterpart; use a named volume with a storage class".to_owned()),
        Becoming::Pipe => Became::Lost("named pipes of Windows have no counterpart".to_owned()),
        Becoming::BadTarget => Became::Lost("a container mounts at an absolute path other than `/`, without `:`".to_owned()),
    }
}

/// `type: image`.
fn image(mount: &MountPlan<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) -> Became {
    /// From this version on image volumes are on by default (KEP 4639).
    const BY_DEFAULT: KubeVersion = KubeVersion { major: 1, minor: 35 };
    let Some(source) = &mount.mount.source else { return Became::Lost("an image volume needs the name of an image".to_owned()) };
    let volume = Volume { image: Some(ImageVolumeSource { reference: Some(source.to_string()), pull_policy: None }), ..Volume::default() };
    let name = pod_volume(volume, "image", &mount.target, service, plan, sink);
    let sub_path = mount.mount.image.as_ref().and_then(|image| image.subpath.as_ref()).map(|path| path.trim_matches('/').to_owned());
    let place = mount_at(mount, name, sub_path, service, sink);
    if plan.input.options.kube_version >= BY_DEFAULT {
        Became::mapped(place)
    } else {
        Became::approximated(place, "clusters before 1.35 need the feature gate `ImageVolume`")
    }
}

/// What the options of a mount that is there mean beside it.
fn options(mount: &Mount, path: &Path, on_host: bool, fates: &mut Fates) {
    let Mount { kind: _, source: _, target: _, read_only: _, consistency, bind, volume, tmpfs, image, extensions } = mount;
    if consistency.is_some() {
        fates.mapped_with(path.key("consistency"), [], "without effect on Linux");
    }
    for extension in extensions {
        fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
    if let Some(Spanned { value: BindOptions { propagation, create_host_path, recursive, selinux, extensions: _ }, .. }) = bind {
        let path = path.key("bind");
        if propagation.is_some() && !on_host {
            fates.mapped_with(path.key("propagation"), [], "nothing of the host is mounted");
        } else if propagation.is_some() {
            fates.lost(path.key("propagation"), "mounts on the node are not seen in the pod; write `mountPropagation` by hand");
        }
        if create_host_path.is_some() {
            fates.mapped_with(path.key("create_host_path"), [], "nothing of the host is needed");
        }
        if recursive.is_some() {
            fates.mapped_with(path.key("recursive"), [], "there are no mounts below it");
        }
        if selinux.is_some() {
            fates.mapped_with(path.key("selinux"), [], "the kubelet labels the volumes of a pod");
        }
    }
    if let Some(Spanned { value: VolumeOptions { labels, nocopy, subpath: _, extensions: _ }, .. }) = volume {
        let path = path.key("volume");
        if !labels.is_empty() {
            fates.lost(path.key("labels"), "labels of a mount are those of an anonymous volume; write them under `volumes` at the top");
        }
        if let Some(nocopy) = nocopy {
            let message = if nocopy.value { "the volume starts empty" } else { "as without it" };
            fates.mapped_with(path.key("nocopy"), [], message);
        }
    }
    // Sizes, modes and paths are part of the mount itself.
    if let Some(Spanned { value: TmpfsOptions { size: _, mode: _, extensions: _ }, .. }) = tmpfs {}
    if let Some(Spanned { value: ImageOptions { subpath: _, extensions: _ }, .. }) = image {}
}

/// Mounts a volume of the pod at the mount's target; `None` when the path is taken.
fn mount_at(
    mount: &MountPlan<'_>,
    name: String,
    sub_path: Option<String>,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) -> Option<Place> {
    mount_path(&mount.target, name, sub_path, mount.read_only, service, sink)
}

/// Mounts a volume of the pod; `None` when the path is taken.
pub(super) fn mount_path(
    target: &str,
    name: String,
    sub_path: Option<String>,
    read_only: bool,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) -> Option<Place> {
    let mount = VolumeMount {
        name: name.clone(),
        mount_path: target.to_owned(),
        sub_path,
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    };
    let Some(index) = sink.draft.mount(mount) else {
        // A volume that nothing mounts does not stay in the pod.
        let containers = sink.draft.init_containers.iter().chain([&sink.draft.container]);
        if !containers.flat_map(|container| container.volume_mounts.iter().flatten()).any(|mount| mount.name == name) {
            sink.draft.volumes.remove(name.as_str());
        }
        return None;
    };
    Some(Place::container_at(service.index, Path::parse(&format!("volumeMounts[{index}]"))))
}

/// Adds a volume to the pod under a name from its kind and path that is free, and gives that name. The same volume twice is one.
pub(super) fn pod_volume(
    mut volume: Volume,
    kind: &str,
    path: &str,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> String {
    let path = path.trim_matches('/').replace(['/', '.'], "-");
    // Services that share a pod share the names of its volumes.
    let base = if service.owns_pod() { format!("{kind}-{path}") } else { format!("{}-{kind}-{path}", service.name) };
    let mut name = label_name(&base);
    let is_taken = |name: &SmolStr, volume: &Volume| {
        let by_claim = || {
            let volumes = plan.mounts[service.index].iter().filter_map(|mount| match mount.becomes {
                Becoming::Volume(at) => Some(&plan.volumes[at]),
                _ => None,
            });
            volumes.into_iter().any(|volume| volume.name == *name)
        };
        sink.draft.volumes.get(name).is_some_and(|known| **known != *volume) || by_claim()
    };
    volume.name = name.to_string();
    if is_taken(&name, &volume) {
        let mut hash = ContentHash::new();
        hash.part(serde_json::to_vec(&volume).unwrap_or_default());
        name = with_suffix(&name, &hash.finish(), LABEL_LIMIT);
        volume.name = name.to_string();
    }
    sink.draft.volumes.insert(name.clone(), Box::new(volume));
    name.into()
}

/// The user and group as which a service's container starts, as far as numbers are known.
fn user(service: &ServicePlan<'_>) -> (Option<i64>, Option<i64>) {
    let image = &service.image;
    match service.user {
        Some(user) => {
            let (name, group) = user_and_group(user);
            let uid = image.user_number(name);
            let known = image.user().filter(|known| Some(known.uid) == uid);
            (uid, group.map_or_else(|| known.and_then(|_| image.group()), |group| image.group_number(group)))
        }
        None => (image.user().map(|known| known.uid), image.group()),
    }
}

/// True for kinds whose pods overlap while they are replaced, unless told not to.
fn overlaps(service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    plan.services[service.pod].kind == Kind::Deployment
}
