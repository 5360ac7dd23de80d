//! image, pull_policy, platform.

use smol_str::SmolStr;
use windlass_compose::model::PullPolicy;
use windlass_source::Spanned;

use super::Sink;
use crate::decide::ServicePlan;
use crate::fates::Place;

pub(super) fn image(image: Option<&Spanned<SmolStr>>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    sink.draft.container.image = Some(service.image.name.to_string());
    if image.is_some() {
        sink.fates.mapped(sink.at("image"), [Place::container(service.index, "image")]);
    }
}

pub(super) fn pull_policy(
    policy: Option<&Spanned<PullPolicy>>,
    refresh_after: Option<&Spanned<SmolStr>>,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) {
    let place = Place::container(service.index, "imagePullPolicy");
    if let Some(policy) = policy {
        let path = sink.at("pull_policy");
        let (chosen, difference) = match &policy.value {
            PullPolicy::Always => ("Always", ""),
            PullPolicy::Never => ("Never", ""),
            PullPolicy::Missing | PullPolicy::IfNotPresent => ("IfNotPresent", ""),
            PullPolicy::Build => ("IfNotPresent", "a cluster does not build; the image is pulled when the node has none"),
            PullPolicy::Refresh | PullPolicy::Daily | PullPolicy::Weekly | PullPolicy::Other(_) => {
                ("Always", "pulled at each start of a container, not by age")
            }
        };
        sink.draft.container.image_pull_policy = Some(chosen.to_owned());
        if difference.is_empty() {
            sink.fates.mapped(path, [place]);
        } else {
            sink.fates.approximated(path, [place], difference);
        }
    }
    if refresh_after.is_some() {
        sink.fates.lost(sink.at("pull_refresh_after"), "no counterpart; docker compose does not use it either");
    }
}

/// `os/arch[/variant]` → node labels.
pub(super) fn platform(platform: Option<&Spanned<SmolStr>>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Some(platform) = platform else { return };
    let path = sink.at("platform");
    let mut parts = platform.split('/');
    let (first, second, variant) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    // An architecture may stand alone.
    let (os, architecture) = match second {
        Some(architecture) => (Some(first), Some(architecture)),
        None if matches!(first, "linux" | "windows") => (Some(first), None),
        None => (None, Some(first)),
    };
    let architecture = architecture.map(|name| match name {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armhf" | "armel" => "arm",
        other => other,
    });
    let mut places = Vec::new();
    for (label, value) in [("kubernetes.io/os", os), ("kubernetes.io/arch", architecture)] {
        if let Some(value) = value {
            sink.draft.pod.node_selector.insert(label.to_owned(), value.to_owned());
            places.push(Place::pod(service.index, &format!("nodeSelector[\"{label}\"]")));
        }
    }
    match variant {
        Some(variant) => sink.fates.approximated(path, places, format!("nodes have no label for the variant `{variant}`")),
        None => sink.fates.mapped(path, places),
    }
}
