//! Jobs that restore each archive into its claim, and archive each claim, in a claim that holds the archives. They are suspended: each runs
//! when somebody says so.

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, PodSpec, PodTemplateSpec, VolumeResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use windlass_convert::contents::KeptVolume;
use windlass_k8s::labels::{Identity, PREFIX};
use windlass_k8s::name::{LABEL_LIMIT, with_suffix};
use windlass_k8s::quantity::{Amount, bytes};
use windlass_k8s::{ContentHash, Kind, Object, Objects, Resource};
use windlass_source::Origin;

use super::carrier::{Mounted, VOLUME, pod};
use super::{CARRY, Carriage};

/// Where the archives are.
const ARCHIVES: &str = "/archives";

/// The claim for archives that is made where none is given.
const ARCHIVES_CLAIM: &str = "windlass-archives";

/// The claims of the project and the Jobs. `archives` is a claim that is there already; `replace` lets a restore empty its volume first.
pub fn jobs(carriage: &Carriage<'_>, archives: Option<&str>, replace: bool) -> Objects {
    let mut objects = Objects::new();
    let mut add = |resource: Resource| drop(objects.insert(Object::new(resource, Origin::default())));
    for volume in &carriage.contents.volumes {
        if let Some(claim) = carriage.objects.get(Kind::PersistentVolumeClaim, &volume.claim) {
            add(claim.resource.clone());
        }
    }
    if archives.is_none() && !carriage.contents.volumes.is_empty() {
        add(archives_claim(carriage).into());
    }
    for volume in &carriage.contents.volumes {
        for verb in ["archive", "restore"] {
            add(job(verb, volume, archives.unwrap_or(ARCHIVES_CLAIM), replace, carriage).into());
        }
    }
    objects
}

/// As large as all claims, since nobody knows how far an archive shrinks.
fn archives_claim(carriage: &Carriage<'_>) -> PersistentVolumeClaim {
    let size = |volume: &KeptVolume| {
        let claim = carriage.objects.typed::<PersistentVolumeClaim>(&volume.claim)?;
        Amount::of(claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?.get("storage")?)
    };
    let sizes = carriage.contents.volumes.iter().filter_map(size).map(Amount::ceil);
    let total = sizes.fold(0_i64, i64::saturating_add).max(1 << 30);
    PersistentVolumeClaim {
        metadata: metadata(ARCHIVES_CLAIM, carriage),
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Quantity(bytes(total.unsigned_abs()).0))].into()),
                limits: None,
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}

fn job(verb: &str, volume: &KeptVolume, archives: &str, replace: bool, carriage: &Carriage<'_>) -> Job {
    let mut name = format!("{verb}-{}", volume.claim);
    if name.len() > LABEL_LIMIT {
        let mut hash = ContentHash::new();
        hash.part(&name);
        name = with_suffix(&name, &hash.finish(), LABEL_LIMIT).to_string();
    }
    let mut command: Vec<String> =
        ["sh", "-c", CARRY, "carry", verb, VOLUME, ARCHIVES, &volume.name].iter().map(|word| (*word).to_owned()).collect();
    if replace && verb == "restore" {
        command.push("replace".to_owned());
    }
    let mounted = [
        Mounted { name: "volume", claim: &volume.claim, path: VOLUME, sub_path: volume.directory },
        Mounted { name: "archives", claim: archives, path: ARCHIVES, sub_path: None },
    ];
    let mut metadata = metadata(&name, carriage);
    metadata.labels.get_or_insert_default().insert(format!("{PREFIX}data"), verb.to_owned());
    let labels = metadata.labels.clone();
    let spec = PodSpec { restart_policy: Some("Never".to_owned()), ..pod(carriage.image, command, &mounted) };
    Job {
        metadata,
        spec: Some(JobSpec {
            suspend: Some(true),
            // A second try meets what the first left.
            backoff_limit: Some(0),
            template: PodTemplateSpec { metadata: Some(ObjectMeta { labels, ..ObjectMeta::default() }), spec: Some(spec) },
            ..JobSpec::default()
        }),
        status: None,
    }
}

fn metadata(name: &str, carriage: &Carriage<'_>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: carriage.namespace.map(str::to_owned),
        labels: Some(Identity { project: carriage.project, ..Identity::default() }.labels()),
        ..ObjectMeta::default()
    }
}
