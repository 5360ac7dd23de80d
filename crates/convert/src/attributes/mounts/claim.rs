//! The claim of a volume.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use windlass_k8s::name::{label_value, metadata_key};

use crate::content::metadata;
use crate::decide::{Plan, Sharing, VolumeOrigin, VolumePlan};

/// The label of PersistentVolumes that kompose's `kompose.volume.selector` is about.
const KOMPOSE_SELECTOR: &str = "io.kompose.service";

/// Which PersistentVolumes a claim may take.
fn volume_selector<'p>(volume: &VolumePlan, plan: &Plan<'p>) -> Option<&'p str> {
    let VolumeOrigin::Named(key) = &volume.origin else { return None };
    let label = plan.input.project.volumes.get(key)?.labels.get("kompose.volume.selector")?;
    (!label.is_empty() && label_value(label) == label.as_str()).then_some(label.as_str())
}

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
    let selector = volume_selector(volume, plan).map(|value| LabelSelector {
        match_labels: Some(BTreeMap::from([(KOMPOSE_SELECTOR.to_owned(), value.to_owned())])),
        match_expressions: None,
    });
    let mode = if volume.sharing == Sharing::Many { "ReadWriteMany" } else { "ReadWriteOnce" };
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec![mode.to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".to_owned(), Quantity(volume.size.quantity.to_string()))])),
                limits: None,
            }),
            selector,
            storage_class_name: volume.storage_class.as_ref().map(ToString::to_string),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}
