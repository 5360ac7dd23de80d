//! The claim of a volume.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use windlass_k8s::name::metadata_key;

use crate::content::metadata;
use crate::decide::{Plan, Sharing, VolumeOrigin, VolumePlan};

/// The claim of a volume, or the template of its claims when each member of a service has one.
pub(crate) fn claim(volume: &VolumePlan, name: &str, plan: &Plan<'_>) -> PersistentVolumeClaim {
    let mut metadata = metadata(name, None, plan);
    if let VolumeOrigin::Named(key) = &volume.origin
        && let Some(written) = plan.input.project.volumes.get(key)
    {
        let labels = written.labels.iter().filter_map(|label| Some((metadata_key(&label.name)?.to_string(), label.value.to_string())));
        let annotations: BTreeMap<String, String> = labels.collect();
        metadata.annotations = (!annotations.is_empty()).then_some(annotations);
    }
    let mode = if volume.sharing == Sharing::Many { "ReadWriteMany" } else { "ReadWriteOnce" };
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec![mode.to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".to_owned(), Quantity(volume.size.quantity.to_string()))])),
                limits: None,
            }),
            storage_class_name: volume.storage_class.as_ref().map(ToString::to_string),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}
