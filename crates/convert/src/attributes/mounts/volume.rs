//! Mounts of volumes: claims, claims of members, file servers, memory.

use k8s_openapi::api::core::v1::{NFSVolumeSource, PersistentVolumeClaimVolumeSource, Volume};
use windlass_k8s::labels::annotation;
use windlass_k8s::name::metadata_key;
use windlass_k8s::{Kind, ObjectRef};
use windlass_yaml::Path;

use super::{Became, claim, copy, memory, mount_at, overlaps, user};
use crate::attributes::Sink;
use crate::decide::{
    Absent, Backing, Filling, MountPlan, Plan, ServicePlan, Sharing, SizeFrom, VolumeOrigin, VolumePlan, is_bare_directory,
};
use crate::fates::Place;

pub(super) fn volume(
    mount: &MountPlan<'_>,
    volume: &VolumePlan,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Became {
    let mut objects: Vec<Place> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let claim_place = || Place::object(ObjectRef::new(Kind::PersistentVolumeClaim, volume.claim.clone()), "");
    let source = match &volume.backing {
        Backing::Claim | Backing::External => {
            if volume.backing == Backing::Claim {
                objects.push(claim_place());
            }
            let claim = PersistentVolumeClaimVolumeSource { claim_name: volume.claim.to_string(), read_only: None };
            Some(Volume { persistent_volume_claim: Some(claim), ..Volume::default() })
        }
        Backing::Template(_) => {
            objects.push(template(volume, service, plan, sink));
            None
        }
        Backing::Nfs { server, path } => {
            let nfs = NFSVolumeSource { server: server.to_string(), path: path.to_string(), read_only: None };
            Some(Volume { nfs: Some(nfs), ..Volume::default() })
        }
        Backing::Memory(size) => Some(memory::in_memory(*size)),
        // Decided as the path of the host that it is.
        Backing::Host(_) => return Became::Lost("a directory of the host under another name".to_owned()),
    };
    if let Some(source) = source {
        sink.draft.volumes.insert(volume.name.clone(), Box::new(Volume { name: volume.name.to_string(), ..source }));
    }
    let sub_path = volume.path_in_claim(mount.sub_path());
    let place = mount_at(mount, volume.name.to_string(), sub_path, service, sink);
    if volume.is_claim() {
        let is_own = || mount.sub_path().is_none() && !mount.read_only && is_bare_directory(&mount.target, service);
        if let Some(directory) = volume.sub_path.filter(|_| is_own())
            && copy::starts_as_plain_user(service, plan)
        {
            copy::own_directory(volume, directory, service, plan, sink);
        }
        share(volume, service, plan, sink);
        // Two groups on one claim would take it from each other; who only reads needs none.
        if !mount.read_only {
            group(service, sink);
        }
        if volume.backing != Backing::External {
            match mount.filling {
                Filling::None => {}
                Filling::OfImage => {
                    objects.push(copy::image_content(mount, volume, service, plan, sink));
                    words.push("what the image has there is copied into it while it is empty, as Docker does".to_owned());
                }
                Filling::LeftTo(other) => words.push(format!(
                    "the image of `{}` fills it, since Docker creates that container first",
                    plan.services[other].service.name.value
                )),
            }
        }
        if !volume.fill.is_empty() && !mount.read_only {
            copy::fill(volume, service, plan, sink);
        }
    }
    let Some(place) = place else { return Became::taken() };
    let places: Vec<Place> = std::iter::once(place).chain(objects).collect();
    match difference(volume) {
        Some(message) => Became::Approximated(places, std::iter::once(message).chain(words).collect::<Vec<_>>().join("; ")),
        None => Became::Mapped(places, words.join("; ")),
    }
}

/// How the volume differs from what the project has, if it does.
fn difference(volume: &VolumePlan) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    match &volume.origin {
        VolumeOrigin::Named(_) => {}
        VolumeOrigin::Anonymous(..) => words.push(format!("the claim `{}`, which outlives the pod", volume.claim)),
        VolumeOrigin::Directory(path) => {
            let content = match &volume.unfilled {
                None if volume.fill.is_empty() => "which starts empty".to_owned(),
                None => "filled once with what the directory has, of which later changes don't arrive".to_owned(),
                Some(Absent::Outside(_)) => format!(
                    "which starts empty, since `{path}` lies outside the project; `windlass data` carries its content over, or `--allow-outside` embeds it"
                ),
                Some(_) => {
                    "which starts empty, since the directory holds more than an object can; `windlass data` carries it over".to_owned()
                }
            };
            words.push(format!("the claim `{}`, {content}", volume.claim));
        }
    }
    match &volume.backing {
        Backing::Memory(_) if volume.uses.len() > 1 => words.push("each pod has memory of its own".to_owned()),
        Backing::Template(_) => words.push("each member has a claim of its own".to_owned()),
        _ => {}
    }
    if volume.is_claim() && volume.sharing == Sharing::OneNode {
        words.push("pods that share it run on one node; `--shared-volumes rwx` asks for storage that any node can mount".to_owned());
    }
    (!words.is_empty()).then(|| words.join("; "))
}

/// The template of a member's claim. All of a service's are made with the first, in the order of the plan.
fn template(volume: &VolumePlan, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) -> Place {
    let path = volume.template_path();
    if sink.draft.workload.claim_templates.is_empty() {
        for own in plan.volumes.iter().filter(|own| own.backing == volume.backing) {
            sink.draft.workload.claim_templates.push(claim(own, &own.name, plan));
            if let SizeFrom::Guess(because) = &own.size.from {
                let place =
                    Place::workload_at(service.index, Path::parse(&format!("{}.spec.resources.requests.storage", own.template_path())));
                let flag = format!("--volume-size {}={}", own.key(), own.size.quantity);
                sink.fates.inferred(service.index, place, own.size.quantity.as_str(), because.clone(), flag);
            }
        }
    }
    Place::workload_at(service.index, Path::parse(&path))
}

/// A new claim belongs to root; Docker gives a new volume the owner of the image's directory.
fn group(service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let written = service.user.is_some();
    // Images of linuxserver.io and others change to this group after their start as root.
    let variable = service.service.environment.get("PGID").and_then(Option::as_ref).and_then(|group| group.trim().parse::<i64>().ok());
    let variable = variable.filter(|group| *group > 0);
    let group = match user(service) {
        // `user: "1000"` has the group 0, which may write no more than others.
        (Some(uid), gid) if written => gid.or((uid != 0).then_some(uid)),
        _ => variable.or_else(|| service.image.volume_group()),
    };
    let Some(group) = group.filter(|group| written || *group != 0) else { return };
    let because = match (written, variable) {
        (true, _) => "the group of `user`, so that it can write its volumes",
        (false, Some(_)) => "the group that `PGID` gives the server, so that it can write its volumes",
        (false, None) if service.image.is_some_plain_user() => {
            "the number of the Dockerfile's user is not known, but its process has the group of its volumes, and so can write them"
        }
        (false, None) => "the group as which the image writes its volumes",
    };
    set_group(group, because, service, sink);
}

/// Lets a service read files of volumes that not everybody may read: by the group that the project gives them, or by its own.
pub(in crate::attributes) fn read_group(written: Option<i64>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let own = match user(service) {
        (Some(uid), gid) if uid != 0 => gid.filter(|gid| *gid != 0).or(Some(uid)),
        _ => None,
    };
    // A file's own group is that of its volume, and so of all volumes of the pod.
    if let Some(group) = own.or(written) {
        set_group(group, "so that the container can read files that not everybody may read", service, sink);
    }
}

fn set_group(group: i64, because: &str, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let security = &mut sink.draft.pod.security;
    if security.fs_group.is_none() {
        security.fs_group = Some(group);
        sink.fates.inferred(service.index, Place::pod(service.index, "securityContext.fsGroup"), group, because, "user");
    }
}

/// Pods that share a claim of one node, and pods that must not overlap on one.
fn share(volume: &VolumePlan, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    match volume.sharing {
        Sharing::OneNode => {
            if let Some(key) = metadata_key(&annotation(&format!("volume-{}", volume.claim))) {
                sink.draft.pod.shared_volumes.insert(key.into(), "shared".to_owned());
            }
        }
        Sharing::Single if overlaps(service, plan) && !matches!(volume.backing, Backing::Template(_)) => {
            sink.draft.workload.exclusive_claim = true;
        }
        Sharing::Single | Sharing::Many => {}
    }
}
