//! What is known of a service's image.

use std::borrow::Cow;

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_images::image::{Lifetime, Role, Shell};
use windlass_images::{Image, Reference, catalogue};

use super::Input;

/// The image that a service runs, and what the catalogue knows of it.
#[derive(Debug)]
pub(crate) struct ImageFacts {
    /// What goes into the container: the written name, or the one of the image that is built.
    pub(crate) name: SmolStr,
    pub(crate) reference: Option<Reference>,
    /// The catalogue's entry, with its ports and checks where the command and the environment put them.
    entry: Option<Cow<'static, Image>>,
    /// The project builds it.
    pub(crate) is_built: bool,
    /// The container runs what the image is for: its command and entrypoint are the image's own, or still start the same server.
    pub(crate) runs_own_command: bool,
}

impl ImageFacts {
    pub(super) fn of(service: &Service, input: &Input<'_>) -> Self {
        let is_built = service.build.is_some();
        let name = match &service.image {
            Some(image) => image.value.clone(),
            // The name that docker compose gives to what it builds.
            None => SmolStr::from(format!("{}-{}", input.project.name.value, service.name.value)),
        };
        let name = match &input.options.registry {
            Some(registry) if is_built => SmolStr::from(format!("{}/{name}", registry.trim_end_matches('/'))),
            _ => name,
        };
        let reference = Reference::parse(&name).ok();
        let entry = if is_built { None } else { reference.as_ref().and_then(catalogue::find) };
        let words: Vec<&str> = service.command.iter().flat_map(|command| command.iter()).map(|word| word.as_str()).collect();
        let own_entrypoint = service.entrypoint.is_none();
        let runs_own_command = own_entrypoint && entry.map_or(words.is_empty(), |entry| entry.is_server_command(&words));
        let variable = |name: &str| service.environment.get(name)?.as_ref().map(|value| value.value.as_str());
        let entry = entry.map(|entry| entry.configured(&words, variable));
        Self { name, reference, entry, is_built, runs_own_command }
    }

    /// The entry, whatever the container runs: paths, user, shell, credentials.
    pub(crate) fn entry(&self) -> Option<&Image> {
        self.entry.as_deref()
    }

    /// The entry while the container runs what the image is for: ports and probes hold only then.
    pub(crate) fn server(&self) -> Option<&Image> {
        self.entry().filter(|_| self.runs_own_command)
    }

    pub(crate) fn is_server(&self) -> bool {
        self.server().is_some_and(Image::is_server)
    }

    pub(crate) fn is_stateful(&self) -> bool {
        self.server().is_some_and(|image| image.stateful)
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.server().map(|image| image.role)
    }

    pub(crate) fn lifetime(&self) -> Option<Lifetime> {
        self.entry().map(|image| image.lifetime)
    }

    /// The best shell that is known to be in the image.
    pub(crate) fn shell(&self) -> Option<Shell> {
        self.entry().and_then(|image| image.shell)
    }
}
