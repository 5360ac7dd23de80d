//! Files of the project as ConfigMaps and Secrets, and the volume that shows them under their own paths.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, ConfigMapVolumeSource, KeyToPath, ProjectedVolumeSource, SecretProjection, SecretVolumeSource, Volume,
    VolumeProjection,
};
use smol_str::SmolStr;
use windlass_k8s::name::free_config_key;
use windlass_k8s::{Kind, ObjectRef};

use super::guarded::{self, Privacy};
use super::volume::read_group;
use crate::attributes::Sink;
use crate::content::{hashed_name, holder, metadata};
use crate::decide::{File, MountPlan, Plan, ServicePlan};
use windlass_images::credentials::is_secret_file;

/// The mode of a program; all else has Kubernetes' default of 0644.
const EXECUTABLE: i32 = 0o755;

/// Makes the objects that hold the files, those with keys or passwords in a Secret, and gives the volume of them all. `mount` is the one
/// that they are for, or the first that sees them.
pub(super) fn embed(
    files: &[File],
    name: &str,
    mount: Option<&MountPlan<'_>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Volume {
    let mut taken: BTreeSet<SmolStr> = BTreeSet::new();
    let (mut plain, mut secret) = (Vec::new(), Vec::new());
    let source = mount.and_then(|mount| mount.mount.source.as_ref());
    let origin = source.map(|source| source.origin.clone()).unwrap_or_default();
    let places = guarded::Places::of(mount, service, plan);
    for file in files {
        let base = file.path.rsplit('/').next().unwrap_or(&file.path);
        let key = free_config_key(&file.path, &mut taken);
        let place = places.of_file(file);
        let is_secret =
            is_secret_file(base, &file.content) || plan.known_secrets.are_in(&file.content) || places.is_secret(&place, file, service);
        let entry = (key, file, mode(file, &place, is_secret || places.in_claim, service, sink));
        if is_secret { secret.push(entry) } else { plain.push(entry) }
    }
    let mut parts: Vec<(ObjectRef, Vec<KeyToPath>)> = Vec::new();
    for (kind, entries) in [(Kind::ConfigMap, plain), (Kind::Secret, secret)] {
        if entries.is_empty() {
            continue;
        }
        let content = entries.iter().flat_map(|(_, file, _)| [file.path.as_bytes(), file.content.as_slice()]);
        let object = hashed_name(&format!("{}-{name}", service.name), content);
        let item =
            |(key, file, mode): &(SmolStr, &File, Option<i32>)| KeyToPath { key: key.to_string(), mode: *mode, path: file.path.clone() };
        let items = entries.iter().map(item).collect();
        let data = entries.into_iter().map(|(key, file, _)| (key, file.content.clone()));
        sink.draft.embed(holder(kind, metadata(&object, Some(service), plan), data), origin.clone());
        parts.push((ObjectRef::new(kind, object), items));
    }
    volume(parts)
}

/// The mode of a file, where it is not the one that all have.
fn mode(file: &File, place: &str, may_be_private: bool, service: &ServicePlan<'_>, sink: &mut Sink<'_>) -> Option<i32> {
    // Only a key has to be private, or what is copied for its owner to write. Under a umask of 077 all files are, and processes that are not root read configuration.
    let private = || match guarded::privacy(place, file.private_mode(), service) {
        Privacy::Mode(mode) => Some(mode),
        Privacy::Owned | Privacy::None => None,
    };
    if let Some(mode) = may_be_private.then(private).flatten() {
        read_group(None, service, sink);
        return Some(mode);
    }
    file.is_executable().then_some(EXECUTABLE)
}

/// The volume of one object or of several.
fn volume(mut parts: Vec<(ObjectRef, Vec<KeyToPath>)>) -> Volume {
    if parts.len() == 1
        && let Some((object, items)) = parts.pop()
    {
        // Keys that are their own paths need no word.
        let items = items.iter().any(|item| item.key != item.path || item.mode.is_some()).then_some(items);
        return of_object(&object, items, None);
    }
    let sources = parts.into_iter().map(|(object, items)| match object.kind {
        Kind::Secret => VolumeProjection {
            secret: Some(SecretProjection { name: object.name.into(), items: Some(items), optional: None }),
            ..VolumeProjection::default()
        },
        _ => VolumeProjection {
            config_map: Some(ConfigMapProjection { name: object.name.into(), items: Some(items), optional: None }),
            ..VolumeProjection::default()
        },
    });
    Volume { projected: Some(ProjectedVolumeSource { sources: Some(sources.collect()), default_mode: None }), ..Volume::default() }
}

/// The volume of a ConfigMap or Secret.
pub(in crate::attributes) fn of_object(object: &ObjectRef, items: Option<Vec<KeyToPath>>, mode: Option<i32>) -> Volume {
    let name = object.name.to_string();
    match object.kind {
        Kind::Secret => {
            let secret = SecretVolumeSource { secret_name: Some(name), items, default_mode: mode, optional: None };
            Volume { secret: Some(secret), ..Volume::default() }
        }
        _ => {
            let config = ConfigMapVolumeSource { name, items, default_mode: mode, optional: None };
            Volume { config_map: Some(config), ..Volume::default() }
        }
    }
}
