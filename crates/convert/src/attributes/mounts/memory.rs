//! tmpfs, shm_size, mounts of type tmpfs → emptyDir in memory.

use k8s_openapi::api::core::v1::{EmptyDirVolumeSource, Volume};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use smol_str::SmolStr;
use windlass_compose::model::Bytes;
use windlass_compose::short::tmpfs;
use windlass_k8s::quantity::bytes;
use windlass_source::Spanned;

use super::{Became, mount_at, mount_path, pod_volume};
use crate::attributes::Sink;
use crate::decide::{MountPlan, Plan, ServicePlan, clean_target};

pub(in crate::attributes) fn memory(
    tmpfs: &[Spanned<SmolStr>],
    shm_size: Option<&Spanned<Bytes>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let mut places = Vec::new();
    let mut differences: Vec<String> = Vec::new();
    for entry in tmpfs {
        let spec = tmpfs::parse(entry);
        let target = clean_target(spec.path.value);
        if target.is_empty() {
            differences.push(format!("`{}` is no path to mount at", spec.path.value));
            continue;
        }
        let (mut size, mut read_only) = (None, false);
        for (key, value) in &spec.options {
            let value = value.as_ref().map(|value| value.value);
            match (key.value, value) {
                ("size", Some(text)) => match windlass_compose::bytes::parse(text) {
                    Ok(number) => size = Some(number),
                    Err(_) => differences.push(format!("the size `{text}` can't be read")),
                },
                ("mode", Some(mode)) => differences.extend(mode_difference(u32::from_str_radix(mode, 8).ok())),
                ("ro", None) => read_only = true,
                ("rw" | "nosuid" | "nodev", None) => {}
                ("uid" | "gid", Some(id)) => differences.push(format!("`{}={id}` does not apply: every user may write", key.value)),
                (option, _) => differences.push(format!("`{option}` has no counterpart")),
            }
        }
        let name = pod_volume(in_memory(size), "tmp", &target, service, plan, sink);
        match mount_path(&target, name, None, read_only, service, sink) {
            Some(place) => places.push(place),
            None => differences.push(format!("something else is mounted at `{target}` already")),
        }
    }
    if !tmpfs.is_empty() {
        let path = sink.at("tmpfs");
        if places.is_empty() {
            sink.fates.lost(path, differences.join("; "));
        } else if differences.is_empty() {
            sink.fates.mapped(path, places);
        } else {
            sink.fates.approximated(path, places, differences.join("; "));
        }
    }
    if let Some(size) = shm_size {
        let path = sink.at("shm_size");
        if size.0 <= 0 {
            sink.fates.lost(path, "a size has to be above zero");
            return;
        }
        let name = pod_volume(in_memory(Some(size.0)), "memory", "dev/shm", service, plan, sink);
        let place = mount_path("/dev/shm", name, None, false, service, sink);
        Became::mapped(place).record(path, sink.fates);
    }
}

/// A mount of type tmpfs.
pub(super) fn mount(mount: &MountPlan<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) -> Became {
    let options = mount.mount.tmpfs.as_ref();
    let size = options.and_then(|options| options.size.as_ref()).map(|size| size.0).filter(|size| *size > 0);
    let mode = options.and_then(|options| options.mode.as_ref()).map(|mode| mode.value);
    let name = pod_volume(in_memory(size), "tmp", &mount.target, service, plan, sink);
    let place = mount_at(mount, name, None, service, sink);
    match mode.and_then(|mode| mode_difference(Some(mode))) {
        Some(difference) => Became::approximated(place, difference),
        None => Became::mapped(place),
    }
}

/// An emptyDir is open to all, as Docker's default of 1777 is.
fn mode_difference(mode: Option<u32>) -> Option<String> {
    match mode {
        Some(0o1777 | 0o777) => None,
        Some(mode) => Some(format!("the mode is 0777, not {mode:04o}")),
        None => Some("the mode can't be read".to_owned()),
    }
}

/// Memory of this many bytes, or as much as the container may have.
pub(super) fn in_memory(size: Option<i64>) -> Volume {
    empty_dir(Some("Memory"), size.and_then(|size| u64::try_from(size).ok()).filter(|size| *size > 0).map(bytes))
}

pub(super) fn empty_dir(medium: Option<&str>, size_limit: Option<Quantity>) -> Volume {
    Volume { empty_dir: Some(EmptyDirVolumeSource { medium: medium.map(str::to_owned), size_limit }), ..Volume::default() }
}
