//! Which kind of workload a service is.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::{Condition, DeployMode, MountKind, Project, Restart, RestartCondition, Service};
use windlass_images::image::{Lifetime, Role};
use windlass_k8s::Kind;

use super::{Chosen, ImageFacts, ending, script};
use crate::options::Options;

/// A kind with its reason.
pub(super) struct Decided {
    pub(super) kind: Kind,
    /// A clause.
    pub(super) because: String,
    /// The attribute that decides; `None` where a service is what most are.
    pub(super) decided_by: Option<&'static str>,
    /// Of a CronJob.
    pub(super) schedule: Option<SmolStr>,
}

/// Words in a command or name that say "runs once and ends".
const ONE_SHOT: [&str; 11] =
    ["migrate", "migration", "migrations", "migrator", "init", "initdb", "setup", "seed", "seeder", "bootstrap", "chown"];

/// Those of them that say so of a command wherever they stand.
const MIGRATIONS: [&str; 5] = ["migrate", "migration", "migrations", "migrator", "seed"];

/// How many containers the service wants: `--replicas`, then `x-windlass`, then `scale`, then `deploy.replicas`.
pub(super) fn replicas(service: &Service, chosen: &Chosen, options: &Options) -> i32 {
    if let Some(&count) = options.replicas.get(service.name.as_str()) {
        return i32::try_from(count).unwrap_or(i32::MAX);
    }
    if let Some(replicas) = &chosen.replicas {
        return replicas.value;
    }
    if let Some(scaled) = &chosen.autoscale {
        return scaled.min;
    }
    let deploy = service.deploy.as_ref().and_then(|deploy| deploy.replicas.as_ref());
    let written = service.scale.as_ref().or(deploy).map_or(1, |count| count.value);
    i32::try_from(written.max(0)).unwrap_or(i32::MAX)
}

/// The services whose end others wait for, each with the first that waits.
pub(super) fn awaited(project: &Project) -> BTreeMap<&str, &str> {
    let mut awaited = BTreeMap::new();
    for waiter in &project.services {
        for dependency in &waiter.depends_on {
            if dependency.value.condition.value == Condition::CompletedSuccessfully {
                awaited.entry(dependency.name.as_str()).or_insert(waiter.name.as_str());
            }
        }
    }
    awaited
}

/// The kind, as "Kind" of the conversion's design has it. `waiter` waits for the service's end, and `mounted` gives the text of a file
/// that it mounts.
pub(super) fn kind(
    service: &Service,
    image: &ImageFacts,
    chosen: &Chosen,
    replicas: i32,
    waiter: Option<&str>,
    mounted: &dyn Fn(&str) -> Option<String>,
) -> Decided {
    let decided = |kind, decided_by, because: &str| Decided { kind, because: because.to_owned(), decided_by, schedule: None };
    if let Some(schedule) = &chosen.schedule {
        let decided_by = (!schedule.at.to_string().starts_with("x-windlass")).then_some("labels");
        return Decided { schedule: Some(schedule.value.clone()), ..decided(Kind::CronJob, decided_by, "a label gives its schedule") };
    }
    // A CronJob without a schedule would never run.
    if let Some(kind) = chosen.kind.as_ref().filter(|kind| kind.value != Kind::CronJob) {
        return decided(kind.value, None, "the project says so");
    }
    let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode.as_ref()).map(|mode| &mode.value);
    match mode {
        Some(DeployMode::Global) => return decided(Kind::DaemonSet, None, "`deploy.mode: global` runs one on each node"),
        Some(DeployMode::ReplicatedJob | DeployMode::GlobalJob) => return decided(Kind::Job, None, "`deploy.mode` is a job"),
        Some(DeployMode::Replicated | DeployMode::Other(_)) | None => {}
    }
    if let Some(waiter) = waiter {
        return decided(Kind::Job, Some("depends_on.condition"), &format!("`{waiter}` waits until it has completed"));
    }
    let is_server = image.is_server();
    let offers = !service.ports.is_empty() || !service.expose.is_empty();
    let serves = offers || service.healthcheck.as_ref().is_some_and(|check| !check.is_disabled());
    let may_end = !serves && !is_server;
    if may_end && restarts(service, Restart::No, RestartCondition::None) {
        return decided(Kind::Job, Some("restart"), "it is not restarted, and has neither ports nor a health check");
    }
    let is_kept = matches!(service.restart.as_ref().map(|restart| &restart.value), Some(Restart::Always | Restart::UnlessStopped))
        || restarts_after_all(service);
    let is_tool = image.lifetime() == Some(Lifetime::OneShot);
    if may_end && !is_kept && image.runs_own_command && is_tool {
        return decided(Kind::Job, Some("restart"), "its image runs a command and ends");
    }
    if may_end && !is_kept && ending::ends(service, is_tool, mounted) {
        return decided(Kind::Job, Some("restart"), "nothing starts it again, and its command ends");
    }
    if may_end && !is_kept && is_one_shot(service) {
        return decided(
            Kind::Job,
            Some("restart"),
            "nothing starts it again when it has done its work, and its command or name says that it runs once",
        );
    }
    if image.role() == Some(Role::Datastore) || image.is_stateful() {
        return decided(Kind::StatefulSet, Some("image"), "its image keeps data");
    }
    let keeps_volume = service.volumes.iter().any(|mount| {
        let is_read_only = mount.read_only.as_ref().is_some_and(|read_only| read_only.value);
        mount.kind.value == MountKind::Volume && mount.source.is_some() && !is_read_only
    });
    if keeps_volume && replicas == 1 {
        return decided(Kind::StatefulSet, Some("volumes"), "it writes to a named volume and has one replica");
    }
    decided(Kind::Deployment, None, "it runs until it is stopped")
}

fn restarts(service: &Service, restart: Restart, condition: RestartCondition) -> bool {
    service.restart.as_ref().is_some_and(|written| written.value == restart) || restart_condition(service) == Some(&condition)
}

fn restarts_on_failure(service: &Service) -> bool {
    matches!(service.restart.as_ref().map(|restart| &restart.value), Some(Restart::OnFailure { .. }))
        || restart_condition(service) == Some(&RestartCondition::OnFailure)
}

/// A Swarm starts again whatever ended, unless told otherwise.
fn restarts_after_all(service: &Service) -> bool {
    restart_condition(service) == Some(&RestartCondition::Any)
}

fn restart_condition(service: &Service) -> Option<&RestartCondition> {
    Some(&service.deploy.as_ref()?.restart_policy.as_ref()?.condition.as_ref()?.value)
}

/// True when the name says so, or the last command of what runs: `migrate && serve` serves. Where the project does not say that it is
/// restarted on failure only, its words count for less: `--bootstrap-servers` is an option, and `init` a program that starts others.
fn is_one_shot(service: &Service) -> bool {
    let is_word = |text: &str, words: &[&str]| {
        text.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| words.contains(&word.to_ascii_lowercase().as_str()))
    };
    let words = script::line(service);
    let line = words.join(" ");
    let last = script::last_command(&line);
    // A name alone does not tell what several commands end with.
    let is_named_so = is_word(&service.name, &ONE_SHOT) && last == line.trim();
    if restarts_on_failure(service) {
        return is_word(last, &ONE_SHOT) || is_named_so;
    }
    let does = last.split_whitespace().any(|word| !word.starts_with('-') && is_word(word, &MIGRATIONS));
    does || (is_named_so && !words.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    /// The kind of the service `it`, with the reason that the report gives.
    fn kind(service: &str) -> String {
        let outcome = project(&format!("services: {{ it: {{ {service} }} }}\nvolumes: {{ data: {{ name: shop_data }} }}")).convert();
        let kind = outcome.conversion.report.services[0].workload.as_ref().map(|workload| workload.kind.as_str()).unwrap_or_default();
        let guess = outcome.conversion.report.services[0].inferred.iter().find(|guess| guess.path.to_string() == "kind");
        guess.map_or_else(|| kind.to_owned(), |guess| format!("{kind}: {} ({})", guess.because, guess.flag))
    }

    #[test]
    fn what_runs_until_it_is_stopped_is_a_deployment() {
        assert_eq!(kind("image: acme/app:1"), "Deployment");
        assert_eq!(kind("image: acme/app:1, restart: 'no', expose: ['80']"), "Deployment");
        assert_eq!(kind("image: nginx:1.27, restart: 'no'"), "Deployment");
        assert_eq!(kind("image: acme/app:1, restart: on-failure"), "Deployment");
        assert_eq!(kind("image: acme/app:1, restart: on-failure, command: [sh, -c, 'app migrate && app serve']"), "Deployment");
    }

    #[test]
    fn what_ends_is_a_job() {
        assert_eq!(
            kind("image: acme/app:1, restart: 'no'"),
            "Job: it is not restarted, and has neither ports nor a health check (restart)"
        );
        assert_eq!(
            kind("image: acme/app:1, restart: 'on-failure:3', command: [app, migrate]"),
            "Job: nothing starts it again when it has done its work, and its command or name says that it runs once (restart)"
        );
        assert_eq!(kind("image: acme/app:1, deploy: { mode: replicated-job }"), "Job");
    }

    #[test]
    fn a_command_that_ends_is_a_job_unless_something_restarts_it() {
        let ends = "Job: nothing starts it again, and its command ends (restart)";
        assert_eq!(kind("image: minio/mc, entrypoint: [/bin/sh, -c, 'mc alias set s3 http://s3:9000 a b; mc mb s3/files']"), ends);
        assert_eq!(kind("image: minio/mc, entrypoint: [/bin/sh, -c], command: ['until mc ls s3; do sleep 1; done; mc mb s3/files']"), ends);
        assert_eq!(kind("image: acme/app:1, entrypoint: [sh, -c, 'app load; exit 0;']"), ends);
        assert_eq!(kind("image: grafana/tempo:2.8.1, entrypoint: [chown, '10001:10001', /var/tempo]"), ends);
        assert_eq!(kind("image: acme/app:1, command: [bash, -c, 'chown -R 1000 /a && chown -R 1000 /b']"), ends);
        assert_eq!(kind("image: confluentinc/cp-kafka:7.6.0, entrypoint: [/bin/sh, -c], command: ['kafka-topics --list']"), ends);
        assert_eq!(kind("image: acme/app:1, entrypoint: [sh, -c, 'app load']"), "Deployment");
        assert_eq!(kind("image: acme/app:1, command: [php, artisan, migrate, --force]").split(':').next(), Some("Job"));
        assert_eq!(kind("image: acme/app:1, restart: unless-stopped, command: [app, migrate]"), "Deployment");
        assert_eq!(kind("image: acme/app:1, command: [app, --bootstrap-servers, 'kafka:9092', --auto-migrate]"), "Deployment");
        assert_eq!(kind("image: acme/app:1, entrypoint: [init, --], command: [serve]"), "Deployment");
        assert_eq!(kind("image: acme/app:1, command: [echo, hello]"), "Deployment");
        assert_eq!(kind("image: acme/app:1, command: [app, migrate], deploy: { restart_policy: { condition: any } }"), "Deployment");
        assert_eq!(kind("image: acme/app:1, restart: always, entrypoint: [sh, -c, 'app load; exit 0']"), "Deployment");
        assert_eq!(kind("image: minio/mc, entrypoint: [sh, -c, 'mc mirror --watch s3/a s3/b']"), "Deployment");
        assert_eq!(kind("image: minio/mc, entrypoint: [sh, -c, 'mc mb s3/a; tail -f /dev/null']"), "Deployment");
    }

    #[test]
    fn a_service_whose_end_others_wait_for_is_a_job() {
        let outcome = project(
            "services: { app: { image: acme/app:1, depends_on: { load: { condition: service_completed_successfully, required: true } } }, \
             load: { image: acme/app:1, command: [load] } }",
        )
        .convert();
        assert!(
            outcome.inferred().contains("kind = \"Job\" (`app` waits until it has completed; depends_on.condition)"),
            "{}",
            outcome.inferred()
        );
    }

    #[test]
    fn what_keeps_data_is_a_stateful_set() {
        assert_eq!(kind("image: postgres:17"), "StatefulSet: its image keeps data (image)");
        assert_eq!(
            kind("image: acme/app:1, volumes: [{ type: volume, source: data, target: /data }]"),
            "StatefulSet: it writes to a named volume and has one replica (volumes)"
        );
        assert_eq!(kind("image: acme/app:1, scale: 2, volumes: [{ type: volume, source: data, target: /data }]"), "Deployment");
        assert_eq!(kind("image: acme/app:1, volumes: [{ type: volume, source: data, target: /data, read_only: true }]"), "Deployment");
    }

    #[test]
    fn a_label_with_a_schedule_makes_a_cron_job() {
        let outcome = project(
            "services: { it: { image: acme/app:1, restart: 'no', deploy: { replicas: 0, restart_policy: { condition: none }, \
             labels: { swarm.cronjob.enable: 'true', swarm.cronjob.schedule: '0 30 3 * * *' } } } }",
        )
        .convert();
        assert_eq!(outcome.field("CronJob/it", "spec.schedule"), "30 3 * * *\n");
        assert_eq!(
            outcome.fates("services.it.deploy.labels[\"swarm.cronjob.schedule\"]"),
            "services.it.deploy.labels[\"swarm.cronjob.schedule\"]: mapped → CronJob/it spec.schedule"
        );
    }

    #[test]
    fn a_job_of_no_containers_does_not_run() {
        let outcome =
            project("services: { it: { image: acme/app:1, command: app migrate, restart: 'no', deploy: { replicas: 0 } } }").convert();
        assert_eq!(outcome.field("Job/it-*", "spec.suspend"), "true\n");
        let fate = outcome.fates("services.it.deploy.replicas");
        assert!(fate.starts_with("services.it.deploy.replicas: mapped → Job/it-") && fate.ends_with(" spec.suspend"), "{fate}");
    }

    #[test]
    fn a_service_that_is_called_a_migrator_runs_once() {
        for service in ["image: acme/app:1, command: ./bin/docker-entrypoint-migrator.sh", "image: acme/app:1, command: app migrator run"] {
            assert!(kind(&format!("{service}, restart: on-failure")).starts_with("Job"), "{service}");
        }
    }

    #[test]
    fn a_global_service_runs_on_each_node() {
        assert_eq!(kind("image: acme/agent:1, deploy: { mode: global }"), "DaemonSet");
    }
}
