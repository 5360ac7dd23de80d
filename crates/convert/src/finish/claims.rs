//! Claims: one for each volume that services mount; and the objects of the project's configs and secrets.

use windlass_k8s::name::label_value;
use windlass_k8s::{Kind, Object, ObjectRef, Objects};
use windlass_source::{Code, Diagnostic, Origin};

use super::add;
use crate::attributes::claim;
use crate::content::{holder, metadata};
use crate::decide::{Backing, FileObject, Holds, Plan, Sharing, SizeFrom, VolumeOrigin, VolumePlan, quantity};
use crate::fates::{Fates, Place};

pub(super) fn claims(plan: &Plan<'_>, objects: &mut Objects, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    for volume in &plan.volumes {
        match volume.backing {
            Backing::Claim if volume.has_claim() => {
                let claim = claim(volume, &volume.claim, plan);
                add(objects, Object::new(claim, origin(volume, plan)), diagnostics);
                guess(volume, fates);
                two_of_one(volume, plan, diagnostics);
            }
            Backing::External => {
                let reference = ObjectRef::new(Kind::PersistentVolumeClaim, volume.claim.clone());
                objects.add_external(reference, origin(volume, plan));
            }
            Backing::Claim | Backing::Template(_) | Backing::Nfs { .. } | Backing::Memory(_) | Backing::Host(_) => {}
        }
    }
    for (name, size) in &plan.input.options.volume_sizes {
        let is_there = plan.volumes.iter().any(|volume| volume.key() == name);
        if is_there && quantity(size).is_some() {
            continue;
        }
        let message = if is_there { format!("`{size}` is no size such as `10Gi`") } else { format!("there is no volume `{name}`") };
        diagnostics.push(
            Diagnostic::warning(Code("convert::volume-size"), message).because(format!("`--volume-size {name}={size}` has no effect")),
        );
    }
    for object in plan.configs.iter().chain(&plan.secrets).filter(|object| object.is_used) {
        file_object(object, plan, objects, diagnostics);
    }
}

/// Where a volume is written: its key, or the first mount of it.
fn origin(volume: &VolumePlan, plan: &Plan<'_>) -> Origin {
    if let VolumeOrigin::Named(key) = &volume.origin
        && let Some(entry) = plan.input.project.volumes.entry(key)
        && entry.name.origin.is_written()
    {
        return entry.name.origin.clone();
    }
    let first = volume.uses.first().map(|usage| plan.mounts[usage.service][usage.mount].mount);
    first.map(|mount| mount.source.as_ref().map_or_else(|| mount.target.origin.clone(), |source| source.origin.clone())).unwrap_or_default()
}

/// A size that nobody wrote, told once, with the first service that mounts the volume.
fn guess(volume: &VolumePlan, fates: &mut Fates) {
    if let (SizeFrom::Guess(because), Some(first)) = (&volume.size.from, volume.uses.first()) {
        let claim = ObjectRef::new(Kind::PersistentVolumeClaim, volume.claim.clone());
        let flag = format!("--volume-size {}={}", volume.key(), volume.size.quantity);
        let place = Place::object(claim, "spec.resources.requests.storage");
        fates.inferred(first.service, place, volume.size.quantity.as_str(), because.clone(), flag);
    }
}

/// Several copies of a database on one directory destroy it.
fn two_of_one(volume: &VolumePlan, plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if volume.sharing == Sharing::Single {
        return;
    }
    for usage in &volume.uses {
        let service = &plan.services[usage.service];
        if service.replicas > 1 && service.image.is_stateful() {
            diagnostics.push(
                Diagnostic::warning(
                    Code("convert::shared-data"),
                    format!("{} copies of `{}` would share one volume", service.replicas, service.service.name.value),
                )
                .label(service.service.name.span(), "")
                .because("copies of a database that write the same files destroy them")
                .help("run one, or an image whose members replicate among themselves"),
            );
            return;
        }
    }
}

fn file_object(object: &FileObject, plan: &Plan<'_>, objects: &mut Objects, diagnostics: &mut Vec<Diagnostic>) {
    let FileObject { key, object: reference, field, holds, source: _, origin, private_mode: _, is_used: _ } = object;
    match holds {
        Holds::Content(content) => {
            let mut metadata = metadata(&reference.name, None, plan);
            // What it is called in the project, since the name has a hash.
            if let Some(labels) = &mut metadata.labels {
                labels.insert(windlass_k8s::labels::NAME.to_owned(), label_value(key).into());
            }
            let resource = holder(reference.kind, metadata, [(field.clone(), content.clone())]);
            add(objects, Object::new(resource, origin.clone()), diagnostics);
        }
        Holds::External | Holds::Nothing(_) => objects.add_external(reference.clone(), origin.clone()),
    }
}
