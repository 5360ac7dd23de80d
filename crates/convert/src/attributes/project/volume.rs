//! Named volumes of the top level. Their claims are made in `finish`, from the plan.

use windlass_compose::model::{Entry, Volume, VolumeSettings};
use windlass_k8s::name::{label_value, metadata_key};
use windlass_k8s::{Kind, ObjectRef};
use windlass_yaml::Path;

use crate::decide::{Backing, Sharing, SizeFrom, VolumePlan, driver_size, quantity};
use crate::fates::{Fates, Place};

/// Says what became of a volume and each of its options.
pub(super) fn volume(entry: &Entry<Volume>, volume: &VolumePlan, fates: &mut Fates) {
    let Volume { name, driver, driver_opts, external, labels, windlass, extensions } = &entry.value;
    let path = Path::root().key("volumes").key(&entry.name.value);
    if volume.uses.is_empty() && !matches!(volume.backing, Backing::Host(_)) {
        fates.mapped_with(path, [], "no service mounts it, so no claim is made");
        return;
    }
    let claim = Home::of(volume);
    whole(&path, volume, &claim, fates);
    if let Some(name) = name {
        let path = path.key("name");
        match &volume.backing {
            Backing::External => fates.mapped_with(path, [], format!("the claim `{}` has to be there", volume.claim)),
            _ if volume.claim == name.value => fates.mapped(path, claim.places("metadata.name")),
            _ => fates.mapped_with(path, [], format!("the claim is called `{}`, after the volume's key", volume.claim)),
        }
    }
    if external.is_some() {
        let message = match &volume.backing {
            Backing::External => format!("the claim `{}` has to be in the cluster", volume.claim),
            _ => "a claim is made".to_owned(),
        };
        fates.mapped_with(path.key("external"), [], message);
    }
    if let Some(driver) = driver {
        let path = path.key("driver");
        match driver.as_str() {
            "local" | "" => fates.mapped(path, []),
            other => fates.lost(
                path,
                format!("the driver `{other}` is Docker's; choose the storage class that reaches the same storage with `--storage-class`"),
            ),
        }
    }
    for option in driver_opts {
        let at = path.key("driver_opts").key(&option.name.value);
        driver_option(&at, &option.name, &option.value, volume, &claim, fates);
    }
    for label in labels {
        let at = path.key("labels").key(&label.name.value);
        let Some(key) = metadata_key(&label.name) else {
            fates.lost(at, "no part of this name can stand in the name of an annotation");
            continue;
        };
        if label.name.as_str() == "kompose.volume.size" && quantity(&label.value).is_none() {
            fates.lost(at, format!("`{}` is no size such as `10Gi`", label.value.value));
            continue;
        }
        let mut places = claim.places_at(Path::parse("metadata.annotations").key(&key));
        if label.name.as_str() == "kompose.volume.size" && volume.size.from == SizeFrom::Written("labels[\"kompose.volume.size\"]") {
            places.extend(claim.places("spec.resources.requests.storage"));
        }
        if label.name.as_str() == "kompose.volume.storage-class-name" {
            places.extend(claim.places("spec.storageClassName"));
        }
        if label.name.as_str() == "kompose.volume.selector" && !label.value.is_empty() && label_value(&label.value) == label.value.as_str()
        {
            places.extend(claim.places("spec.selector.matchLabels"));
        }
        if places.is_empty() {
            fates.lost(at, "what stands behind the volume has no annotations");
        } else {
            fates.mapped(at, places);
        }
    }
    if let Some(settings) = windlass {
        settings_fates(&path.key("x-windlass"), settings, volume, &claim, fates);
    }
    for extension in extensions {
        fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}

/// The objects that stand behind a volume.
struct Home {
    object: Option<ObjectRef>,
    template: Option<(usize, String)>,
}

impl Home {
    fn of(volume: &VolumePlan) -> Self {
        let object = (volume.backing == Backing::Claim).then(|| ObjectRef::new(Kind::PersistentVolumeClaim, volume.claim.clone()));
        let template = match volume.backing {
            Backing::Template(service) => Some((service, volume.template_path())),
            _ => None,
        };
        Self { object, template }
    }

    /// Where a field of the claim stands.
    fn places(&self, field: &str) -> Vec<Place> {
        self.places_at(Path::parse(field))
    }

    fn places_at(&self, field: Path) -> Vec<Place> {
        let object = self.object.as_ref().map(|object| Place::object_at(object.clone(), field.clone()));
        let template = self.template.as_ref().map(|(service, path)| {
            let whole = Path::parse(path).join(&field);
            Place { path: whole, ..Place::workload(*service, "") }
        });
        object.into_iter().chain(template).collect()
    }
}

/// The volume as a whole.
fn whole(path: &Path, volume: &VolumePlan, claim: &Home, fates: &mut Fates) {
    let path = path.clone();
    match &volume.backing {
        Backing::Claim | Backing::Template(_) if volume.sharing == Sharing::OneNode => fates.approximated(
            path,
            claim.places(""),
            "its pods run on one node; `--shared-volumes rwx` asks for storage that any node can mount",
        ),
        Backing::Template(_) => fates.approximated(path, claim.places(""), "each member has a claim of its own"),
        Backing::Claim => fates.mapped(path, claim.places("")),
        Backing::External => fates.mapped_with(path, [], format!("the claim `{}` has to be in the cluster", volume.claim)),
        Backing::Nfs { .. } => fates.mapped_with(path, [], "each pod mounts the file server's directory"),
        Backing::Memory(_) if volume.uses.len() > 1 => fates.approximated(path, [], "memory, of which each pod has its own"),
        Backing::Memory(_) => fates.mapped_with(path, [], "memory of the pod"),
        Backing::Host(device) => fates.mapped_with(path, [], format!("`{device}` of the host, as services mount it")),
    }
}

fn driver_option(path: &Path, name: &str, value: &str, volume: &VolumePlan, claim: &Home, fates: &mut Fates) {
    let path = path.clone();
    match (&volume.backing, name) {
        (Backing::Claim | Backing::Template(_), "size") => match driver_size(value) {
            Some(_) if volume.size.from == SizeFrom::Written("driver_opts.size") => {
                fates.mapped(path, claim.places("spec.resources.requests.storage"));
            }
            Some(_) => fates.mapped_with(path, [], "another size was asked for, which wins"),
            None => fates.lost(path, format!("`{value}` is no size such as `10Gi`")),
        },
        (Backing::Nfs { .. }, "type" | "device") => fates.mapped_with(path, [], "the volume `nfs` of the pods"),
        (Backing::Nfs { .. }, "o") => {
            let others: Vec<&str> = value.split(',').map(str::trim).filter(|word| !word.starts_with("addr=") && *word != "rw").collect();
            if others.is_empty() {
                fates.mapped_with(path, [], "the volume `nfs` of the pods");
            } else {
                let message =
                    format!("without {}: a PersistentVolume has `mountOptions`; make one and use it as `external`", others.join(","));
                fates.approximated(path, [], message);
            }
        }
        (Backing::Memory(_), "type" | "device") => fates.mapped_with(path, [], "an emptyDir in memory"),
        (Backing::Memory(_), "o") => {
            let others: Vec<&str> = value.split(',').map(str::trim).filter(|word| !word.starts_with("size=")).collect();
            if others.is_empty() {
                fates.mapped_with(path, [], "the size of the emptyDir");
            } else {
                fates.approximated(path, [], format!("without {}", others.join(",")));
            }
        }
        (Backing::Host(_), "type" | "device" | "o") => fates.mapped_with(path, [], "a bind mount; see the services that mount it"),
        _ => fates.lost(path, "options of Docker's driver have no counterpart; a storage class has its own parameters"),
    }
}

/// `x-windlass` of a volume.
fn settings_fates(path: &Path, settings: &VolumeSettings, volume: &VolumePlan, claim: &Home, fates: &mut Fates) {
    let VolumeSettings { size, storage_class, shared, ignore, extensions: _ } = settings;
    if let Some(size) = size {
        let at = path.key("size");
        if quantity(size).is_none() {
            fates.lost(at, format!("`{}` is no size such as `10Gi`", size.value));
        } else if volume.size.from == SizeFrom::Written("x-windlass.size") {
            fates.mapped(at, claim.places("spec.resources.requests.storage"));
        } else {
            fates.mapped_with(at, [], "another size was asked for, which wins");
        }
    }
    if let Some(class) = storage_class {
        let at = path.key("storage_class");
        if volume.storage_class.as_ref() == Some(&class.value) {
            fates.mapped(at, claim.places("spec.storageClassName"));
        } else {
            fates.mapped_with(at, [], "`--storage-class` decides otherwise");
        }
    }
    if shared.is_some() {
        fates.mapped(path.key("shared"), claim.places("spec.accessModes"));
    }
    if ignore.is_some() {
        fates.mapped_with(path.key("ignore"), [], "`windlass audit` reads it");
    }
}
