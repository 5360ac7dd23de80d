//! What is known of each service beside its compose file: its image, what its Dockerfile makes, its role.

use smol_str::SmolStr;
use windlass_compose::model::{Condition, Service};
use windlass_dockerfile::ImageConfig;
use windlass_dockerfile::stages::Build as Asked;
use windlass_images::{Reference, catalogue};

use super::super::Context;
use super::super::environment::Environment;
use super::super::role;
use super::super::service::ServiceFacts;
use super::Request;
use super::dockerfiles::BuildOf;

/// Fills in the facts of every service, then what each stack is for.
pub(super) fn fill(builds: &[BuildOf], request: &Request, context: &mut Context) {
    let dockerfiles = &context.dockerfiles;
    for (stack, loaded) in context.stacks.iter_mut().enumerate() {
        let of = |at: usize| builds.iter().find(|build| build.stack == stack && build.service == at).map(|build| build.dockerfile);
        let facts = loaded.project.services.iter().enumerate().map(|(at, service)| {
            let dockerfile = of(at);
            let built = dockerfile.and_then(|index| image_of(service, &dockerfiles[index].dockerfile));
            facts(service, dockerfile, built)
        });
        loaded.facts = facts.collect();
        awaited(&loaded.project.services, &mut loaded.facts);
        loaded.environment = match request.environment {
            Some(kind) => Environment::chosen(kind),
            None => Environment::of_stack(&loaded.files, &loaded.project, &loaded.facts),
        };
    }
}

/// A service whose end another waits for is a job, whatever its image is for otherwise.
fn awaited(services: &[Service], facts: &mut [ServiceFacts]) {
    for service in services {
        let ends = service.depends_on.iter().filter(|entry| entry.value.condition.value == Condition::CompletedSuccessfully);
        for entry in ends {
            let at = services.binary_search_by(|other| other.name.value.cmp(&entry.name.value));
            if let Some(facts) = at.ok().and_then(|at| facts.get_mut(at)) {
                facts.role = role::Known { role: role::Role::Job, because: format!("`{}` waits for its end", service.name.value) };
            }
        }
    }
}

/// What a Dockerfile makes with a service's arguments and target.
fn image_of(service: &Service, dockerfile: &windlass_dockerfile::Dockerfile) -> Option<ImageConfig> {
    let build = service.build.as_ref()?;
    let arguments = |name: &str| build.args.get(name)?.as_ref().map(|value| value.value.clone());
    let target = build.target.as_ref().map(|target| target.value.as_str());
    // What the build would refuse, the Dockerfile's own rules say.
    dockerfile.image(&Asked { target, arguments: &arguments }).0
}

fn facts(service: &Service, dockerfile: Option<usize>, built: Option<ImageConfig>) -> ServiceFacts {
    // `NAME:${TAG}` without a value is an image all the same.
    let reference = service.image.as_ref().and_then(|image| Reference::parse(image.value.strip_suffix(':').unwrap_or(&image.value)).ok());
    let base = built.as_ref().and_then(ImageConfig::base_image).and_then(|name| Reference::parse(name).ok());
    let image =
        if service.build.is_some() { base.as_ref().and_then(catalogue::find) } else { reference.as_ref().and_then(catalogue::find) };
    let words = words(service, built.as_ref());
    let texts: Vec<&str> = words.iter().map(SmolStr::as_str).collect();
    let role = role::known(service, image, &texts);
    ServiceFacts { reference, image, dockerfile, built, role, words }
}

/// Entrypoint and command: the service's, else the Dockerfile's. An entrypoint of the service's takes away the image's command.
fn words(service: &Service, built: Option<&ImageConfig>) -> Vec<SmolStr> {
    let own = |line: &Option<windlass_source::Spanned<Vec<windlass_source::Spanned<SmolStr>>>>| {
        line.as_ref().map(|words| words.value.iter().map(|word| word.value.clone()).collect::<Vec<_>>())
    };
    let (entrypoint, command) = (own(&service.entrypoint), own(&service.command));
    let of_image =
        |process: Option<&windlass_dockerfile::stages::Process>| process.map(|process| process.words.clone()).unwrap_or_default();
    let keeps_command = entrypoint.is_none();
    let mut words = entrypoint.unwrap_or_else(|| of_image(built.and_then(|built| built.entrypoint.as_ref())));
    match command {
        Some(command) => words.extend(command),
        None if keeps_command => words.extend(of_image(built.and_then(|built| built.cmd.as_ref()))),
        None => {}
    }
    words
}
