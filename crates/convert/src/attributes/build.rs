//! build → nothing in the cluster: the image has to be in a registry.

use windlass_compose::model::Build;
use windlass_source::{Code, Diagnostic, Spanned};

use super::Sink;
use crate::decide::ServicePlan;
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
    // `docker.io/team/app` names its registry, `team/app` may be a name for this machine alone.
    let names_registry = image.starts_with("docker.io/") && !image.starts_with("docker.io/library/");
    let pullable = names_registry || service.image.reference.as_ref().is_some_and(|reference| reference.registry() != "docker.io");
    if !pullable {
        sink.diagnostics.push(
            Diagnostic::warning(Code("convert::local-image"), format!("`{image}` is built here and no registry is named for it"))
                .label(build.span(), "")
                .because("nodes pull every image; they do not see the images of this machine")
                .help(format!(
                    "pass `--registry registry.example.com/team`, then `docker build` and `docker push` the image of `{}`",
                    service.service.name.value
                )),
        );
    }
}
