//! The top level: name, networks, volumes, configs, secrets, models, extensions.

mod network;

use windlass_compose::model::Project;
use windlass_yaml::Path;

use crate::decide::Plan;
use crate::fates::Fates;

/// Says what became of everything outside `services`. The objects of volumes, configs and secrets are made where they are used.
pub(crate) fn apply_project(plan: &Plan<'_>, fates: &mut Fates) {
    let Project { name: _, services: _, networks, volumes: _, secrets: _, configs: _, models, extensions } = plan.input.project;
    fates.mapped_with(Path::parse("name"), [], "the label `app.kubernetes.io/instance` of every object");
    for entry in networks {
        network::network(&entry.name.value, &entry.value, plan, fates);
    }
    for model in models {
        fates.lost(
            Path::parse("models").key(model.name.value.clone()),
            "models are run by Docker's model runner; run an inference server as a service",
        );
    }
    for extension in extensions {
        fates.mapped_with(Path::root().key(extension.name.value.clone()), [], "an extension has no meaning of its own");
    }
}
