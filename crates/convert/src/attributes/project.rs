//! The top level: name, networks, volumes, configs, secrets, models, extensions.

mod file;
mod network;
mod volume;

use windlass_compose::model::{Project, ProjectSettings};
use windlass_source::Diagnostic;
use windlass_yaml::Path;

use crate::decide::Plan;
use crate::fates::Fates;

/// Says what became of everything outside `services`. The objects of volumes, configs and secrets are made where they are used.
pub(crate) fn apply_project(plan: &Plan<'_>, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let Project { name: _, services: _, networks, volumes, secrets, configs, models, windlass, extensions } = plan.input.project;
    super::build::local_images(plan, diagnostics);
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
    if let Some(settings) = windlass {
        settings_fates(settings, fates);
    }
    for extension in extensions {
        fates.mapped_with(Path::root().key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}

/// `x-windlass` of the project: each is a flag by another way.
fn settings_fates(settings: &ProjectSettings, fates: &mut Fates) {
    let ProjectSettings {
        namespace,
        storage_class,
        expose,
        domain,
        ingress_class,
        gateway,
        registry,
        wait,
        wait_image,
        wait_kubectl_image,
        network_policies,
        security,
        defaults,
        shared_volumes,
        consolidate,
        ignore,
        extensions: _,
    } = settings;
    let written = [
        ("namespace", namespace.is_some()),
        ("storage_class", storage_class.is_some()),
        ("expose", expose.is_some()),
        ("domain", domain.is_some()),
        ("ingress_class", ingress_class.is_some()),
        ("gateway", gateway.is_some()),
        ("registry", registry.is_some()),
        ("wait", wait.is_some()),
        ("wait_image", wait_image.is_some()),
        ("wait_kubectl_image", wait_kubectl_image.is_some()),
        ("network_policies", network_policies.is_some()),
        ("security", security.is_some()),
        ("defaults", defaults.is_some()),
        ("shared_volumes", shared_volumes.is_some()),
        ("consolidate", consolidate.is_some()),
    ];
    for (key, _) in written.iter().filter(|(_, is_written)| *is_written) {
        let message = format!("does what `--{}` does, which wins where it is given", key.replace('_', "-"));
        fates.mapped_with(Path::parse("x-windlass").key(*key), [], message);
    }
    if ignore.is_some() {
        fates.mapped_with(Path::parse("x-windlass.ignore"), [], "`windlass audit` reads it");
    }
}
