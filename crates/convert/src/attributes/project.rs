//! The top level: name, networks, volumes, configs, secrets, models, extensions.

mod file;
mod network;
mod volume;

use windlass_compose::model::Project;
use windlass_source::Diagnostic;
use windlass_yaml::Path;

use crate::decide::Plan;
use crate::fates::Fates;

/// Says what became of everything outside `services`. The objects of volumes, configs and secrets are made where they are used.
pub(crate) fn apply_project(plan: &Plan<'_>, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let Project { name: _, services: _, networks, volumes, secrets, configs, models, extensions } = plan.input.project;
    fates.mapped_with(Path::parse("name"), [], "the label `app.kubernetes.io/instance` of every object");
    for entry in networks {
        network::network(&entry.name.value, &entry.value, plan, fates);
    }
    // The plan has one for each, in the same order.
    for (entry, volume) in volumes.iter().zip(&plan.volumes) {
        volume::volume(entry, volume, fates);
    }
    for (entry, object) in configs.iter().zip(&plan.configs) {
        file::config(entry, object, fates, diagnostics);
    }
    for (entry, object) in secrets.iter().zip(&plan.secrets) {
        file::secret(entry, object, fates, diagnostics);
    }
    for model in models {
        fates.lost(
            Path::parse("models").key(&model.name.value),
            "models are run by Docker's model runner; run an inference server as a service",
        );
    }
    for extension in extensions {
        fates.mapped_with(Path::root().key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}
