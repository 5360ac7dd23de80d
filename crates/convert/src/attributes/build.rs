//! build → nothing in the cluster: the image has to be in a registry.

use std::collections::BTreeSet;

use windlass_compose::model::Build;
use windlass_source::{Code, Diagnostic, Spanned};

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

pub(super) fn build(build: Option<&Spanned<Box<Build>>>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Some(build) = build else { return };
    let image = &service.image.name;
    let place = Place::container(service.index, "image");
    let unknown = service.image.unread.as_ref().map(|reason| format!("; its ports, user and health check are not known, since {reason}"));
    let message = format!("a cluster does not build: build and push `{image}` before applying{}", unknown.unwrap_or_default());
    sink.fates.approximated(sink.at("build"), [place], message);
    if let Some(fault) = service.image.build_fault() {
        sink.diagnostics.push(
            Diagnostic::warning(Code("convert::dockerfile"), format!("`{image}` cannot be built"))
                .label(build.span(), "")
                .because(fault)
                .help("`docker build` stops there; what the Dockerfile says beyond may be read wrongly"),
        );
    }
}

/// Images that are built here and have no registry to be pushed to, told at once: what has to be done is the same for all.
pub(super) fn local_images(plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let are_local = plan.services.iter().filter(|service| service.left_out.is_none() && service.part_of.is_none());
    let mut seen = BTreeSet::new();
    let local: Vec<_> = are_local
        .filter_map(|service| Some((service, service.service.build.as_ref()?)))
        .filter(|(service, _)| is_local(service) && seen.insert(&service.image.name))
        .collect();
    let (names, registry) = match local.as_slice() {
        [] => return,
        [(service, _)] => (format!("`{}` is", service.image.name), "no registry is named for it"),
        several => (format!("{} images are", several.len()), "no registry is named for them"),
    };
    let mut told = Diagnostic::warning(Code("convert::local-image"), format!("{names} built here and {registry}"));
    for (service, build) in &local {
        told = told.label(build.span(), if local.len() > 1 { format!("`{}`", service.image.name) } else { String::new() });
    }
    let told = told.because("nodes pull every image; they do not see the images of this machine");
    diagnostics.push(told.help("pass `--registry registry.example.com/team`, then build, tag and push what the manifests name"));
}

/// `docker.io/team/app` names its registry, `team/app` may be a name for this machine alone.
fn is_local(service: &ServicePlan<'_>) -> bool {
    let names_registry = service.image.name.starts_with("docker.io/") && !service.image.name.starts_with("docker.io/library/");
    !names_registry && service.image.reference.as_ref().is_none_or(|reference| reference.registry() == "docker.io")
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn images_without_a_registry_are_told_once() {
        let told = |services: &str| {
            let outcome = project(&format!("services: {{ {services} }}")).convert();
            outcome.diagnostics().into_iter().filter(|told| told.starts_with("convert::local-image")).collect::<Vec<_>>()
        };
        let one = "a: { build: ./a, image: docker.io/team/a }, b: { build: ./b }";
        assert_eq!(told(one), ["convert::local-image: `shop-b` is built here and no registry is named for it"]);
        let two = format!("{one}, c: {{ build: ./c, image: team/c }}, d: {{ image: team/d }}");
        assert_eq!(told(&two), ["convert::local-image: 2 images are built here and no registry is named for them"]);
        assert!(told("a: { build: ./a, image: ghcr.io/team/a }").is_empty());
    }
}
