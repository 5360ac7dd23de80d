//! Which kind of workload a service is.

use smol_str::SmolStr;
use windlass_compose::model::{Condition, DeployMode, MountKind, Restart, RestartCondition, Service};
use windlass_images::image::{Lifetime, Role};
use windlass_k8s::Kind;

use super::{ImageFacts, Input};
use crate::options::Options;

/// A kind with its reason.
pub(super) struct Decided {
    pub(super) kind: Kind,
    pub(super) because: String,
    pub(super) schedule: Option<SmolStr>,
}

/// Words in a command or name that say "runs once and ends".
const ONE_SHOT: [&str; 9] = ["migrate", "migration", "migrations", "init", "setup", "seed", "bootstrap", "chown", "install"];

/// How many containers the service wants: `--replicas`, then `scale`, then `deploy.replicas`.
pub(super) fn replicas(service: &Service, options: &Options) -> i32 {
    if let Some(&count) = options.replicas.get(service.name.as_str()) {
        return i32::try_from(count).unwrap_or(i32::MAX);
    }
    let deploy = service.deploy.as_ref().and_then(|deploy| deploy.replicas.as_ref());
    let written = service.scale.as_ref().or(deploy).map_or(1, |count| count.value);
    i32::try_from(written.max(0)).unwrap_or(i32::MAX)
}

/// The kind, as "Kind" of the conversion's design has it.
pub(super) fn kind(service: &Service, image: &ImageFacts, replicas: i32, input: &Input<'_>) -> Decided {
    let decided = |kind, because: &str| Decided { kind, because: because.to_owned(), schedule: None };
    let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode.as_ref()).map(|mode| &mode.value);
    match mode {
        Some(DeployMode::Global) => return decided(Kind::DaemonSet, "`deploy.mode: global` runs one on each node"),
        Some(DeployMode::ReplicatedJob | DeployMode::GlobalJob) => return decided(Kind::Job, "`deploy.mode` is a job"),
        Some(DeployMode::Replicated | DeployMode::Other(_)) | None => {}
    }
    if let Some(waiter) = awaited_by(service, input) {
        return decided(Kind::Job, &format!("`{waiter}` waits until it has completed"));
    }
    let is_server = image.is_server();
    let serves = !service.ports.is_empty() || service.healthcheck.as_ref().is_some_and(|check| !check.is_disabled());
    let restart = service.restart.as_ref().map(|restart| &restart.value);
    let policy =
        service.deploy.as_ref().and_then(|deploy| deploy.restart_policy.as_ref()?.condition.as_ref()).map(|condition| &condition.value);
    let never = matches!(restart, Some(Restart::No)) || matches!(policy, Some(RestartCondition::None));
    if never && !serves && !is_server {
        return decided(Kind::Job, "it is not restarted, and has neither ports nor a health check");
    }
    let on_failure = matches!(restart, Some(Restart::OnFailure { .. })) || matches!(policy, Some(RestartCondition::OnFailure));
    if (on_failure || image.lifetime() == Some(Lifetime::OneShot)) && !serves && !is_server && is_one_shot(service) {
        return decided(Kind::Job, "its command or name says that it runs once; `x-windlass.kind` decides otherwise");
    }
    if image.role().is_some_and(|role| matches!(role, Role::Datastore)) || image.is_stateful() {
        return decided(Kind::StatefulSet, "the image keeps data of its own");
    }
    let keeps_volume = service.volumes.iter().any(|mount| mount.kind.value == MountKind::Volume && mount.source.is_some());
    if keeps_volume && replicas == 1 {
        return decided(Kind::StatefulSet, "it has a named volume and one replica");
    }
    decided(Kind::Deployment, "it runs until it is stopped")
}

/// The service that waits for this one's end, if any.
fn awaited_by<'a>(service: &Service, input: &'a Input<'_>) -> Option<&'a str> {
    input.project.services.iter().find_map(|other| {
        let dependency = other.depends_on.get(&service.name.value)?;
        (dependency.condition.value == Condition::CompletedSuccessfully).then_some(other.name.as_str())
    })
}

fn is_one_shot(service: &Service) -> bool {
    let says = |text: &str| {
        text.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| ONE_SHOT.contains(&word.to_ascii_lowercase().as_str()))
    };
    let words = service.command.iter().chain(&service.entrypoint).flat_map(|command| command.iter());
    says(&service.name) || words.into_iter().any(|word| says(word))
}
