//! labels, label_file, annotations → annotations of the pod.

use smol_str::SmolStr;
use windlass_compose::model::Labels;
use windlass_images::credentials;
use windlass_k8s::name::metadata_key;
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

/// The most bytes that all annotations of an object may have together (`k8s.io/apimachinery/pkg/api/validation`).
const TOTAL_LIMIT: usize = 256 << 10;

/// Why a label does not become an annotation.
pub(super) const HOLDS_CREDENTIAL: &str = "it holds a credential, and whoever may see a pod reads its annotations; put it into a variable";

/// Docker's labels hold any text, so they become annotations; Kubernetes' labels are for selecting and are short.
pub(super) fn labels(
    labels: &Labels,
    label_file: &[Spanned<SmolStr>],
    annotations: &Labels,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let mut used: usize = sink.draft.pod.annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    for (attribute, entries) in [("annotations", annotations), ("labels", labels)] {
        for entry in entries {
            let path = sink.under(attribute, &entry.name);
            if attribute == "labels" && service.is_understood(&Path::root().key("labels").key(&entry.name.value)) {
                continue;
            }
            let Some(key) = metadata_key(&entry.name) else {
                sink.fates.lost(path, "no part of this name can stand in the name of an annotation");
                continue;
            };
            let sign = credentials::variable(&entry.name, &entry.value, &entry.value.origin, None);
            if sign.is_some() || plan.known_secrets.are_in(entry.value.as_str()) {
                sink.fates.refused(path, HOLDS_CREDENTIAL);
                continue;
            }
            let size = key.len() + entry.value.len();
            if used + size > TOTAL_LIMIT {
                sink.fates.lost(path, "the annotations of an object may have 256 KiB together");
                continue;
            }
            let place = Place { path: Path::root().key("annotations").key(&key), ..Place::pod_metadata(service.index, "") };
            let renamed = key != entry.name.value;
            // `annotations` come first and stay.
            if sink.draft.pod.annotations.contains_key(key.as_str()) {
                sink.fates.lost(path, format!("the annotation `{key}` is taken"));
                continue;
            }
            used += size;
            sink.draft.pod.annotations.insert(key.to_string(), entry.value.to_string());
            if renamed {
                sink.fates.approximated(path, [place], format!("under the name `{key}`, since names of annotations have other letters"));
            } else {
                sink.fates.mapped(path, [place]);
            }
        }
    }
    if !label_file.is_empty() {
        sink.fates.mapped_with(sink.at("label_file"), [], "its labels stand under `labels`");
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn labels_become_annotations_of_the_pod() {
        let outcome = project(
            "services: { web: { image: acme/web:1, annotations: { team: shop }, labels: { team: other, traefik.enable: 'true', 'odd name!': x, '%': y } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.field("Deployment/web", "spec.template.metadata.annotations"), @"
        odd-name: x
        team: shop
        ");
        insta::assert_snapshot!(outcome.fates("services.web"), @r#"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.annotations.team: mapped → Deployment/web spec.template.metadata.annotations.team
        services.web.labels.team: lost (the annotation `team` is taken)
        services.web.labels["traefik.enable"]: mapped (routes follow from the other labels)
        services.web.labels["odd name!"]: approximated → Deployment/web spec.template.metadata.annotations.odd-name (under the name `odd-name`, since names of annotations have other letters)
        services.web.labels["%"]: lost (no part of this name can stand in the name of an annotation)
        "#);
    }
}
