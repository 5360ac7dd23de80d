//! Before anything is decided: what a project asks for beside its services becomes services, so that all that is decided about
//! services holds for it. `x-windlass.migrate` is a job that runs before its service; an `ofelia.job-exec` is one by the clock.

use smol_str::SmolStr;
use windlass_compose::model::{ByName, Condition, Dependency, Entry, MountKind, Project, Restart, Service, ServiceSettings, WorkloadKind};
use windlass_source::{Origin, Spanned};

use crate::decide::chosen::words;
use crate::decide::compose_name;

/// What follows a service's name in the name of its migration.
const MIGRATION: &str = "migrate";

/// The project with these services; `None` where there are none.
pub(crate) fn expand(project: &Project) -> Option<Project> {
    let more: Vec<Service> =
        project.services.iter().flat_map(|service| migration(service, project).into_iter().chain(jobs(service, project))).collect();
    if more.is_empty() {
        return None;
    }
    let mut project = project.clone();
    for added in &more {
        if let Some(owner) = added.name.strip_suffix(&format!("-{MIGRATION}"))
            && let Some(service) = project.services.iter_mut().find(|service| service.name.as_str() == owner)
            && migrates(service)
        {
            let dependency = Dependency { condition: Spanned::default_value(Condition::CompletedSuccessfully), ..Dependency::default() };
            let entry = Entry { name: Spanned::default_value(added.name.value.clone()), value: Spanned::default_value(dependency) };
            service.depends_on = std::mem::take(&mut service.depends_on).into_iter().chain([entry]).collect();
        }
    }
    project.services.extend(more);
    project.services.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    Some(project)
}

/// The name of the job that migrates for a service.
pub(crate) fn migration_name(service: &str) -> SmolStr {
    format!("{service}-{MIGRATION}").into()
}

fn migrates(service: &Service) -> bool {
    service.windlass.as_ref().is_some_and(|settings| settings.migrate.is_some())
}

fn migration(service: &Service, project: &Project) -> Option<Service> {
    let command = service.windlass.as_ref()?.migrate.as_ref()?;
    let name = migration_name(&service.name);
    if project.service(&name).is_some() {
        return None;
    }
    let mut job = task(service, project, name, words(&command.value), &command.origin);
    // Its data stays with the service: a claim that one node mounts would tie the two together.
    job.volumes.retain(|mount| mount.kind.value == MountKind::Bind);
    job.volumes_from.clear();
    job.restart = Some(Spanned::default_value(Restart::OnFailure { max_retries: None }));
    Some(job)
}

/// The commands that ofelia runs in a service's container: here each has a pod of its own, with the volumes that the command
/// would find there (`php -f /var/www/html/cron.php`).
fn jobs(service: &Service, project: &Project) -> Vec<Service> {
    let mut jobs = Vec::new();
    for label in &service.labels {
        let Some(job_label) = label.name.strip_prefix("ofelia.job-exec.").and_then(|rest| rest.strip_suffix(".schedule")) else { continue };
        let command = service.labels.get(&format!("ofelia.job-exec.{job_label}.command"));
        let name = job_name(&service.name, job_label);
        let (Some(command), Some(schedule), None) = (command, crate::decide::cron(&label.value), project.service(&name)) else { continue };
        let words = windlass_compose::words::split(command).map(|split| split.words).unwrap_or_default();
        let words = words.into_iter().map(|word| SmolStr::from(word.value)).collect();
        let mut job = task(service, project, name, words, &label.value.origin);
        let settings = ServiceSettings {
            kind: Some(Spanned::default_value(WorkloadKind::CronJob)),
            schedule: Some(Spanned::default_value(schedule)),
            ..ServiceSettings::default()
        };
        job.windlass = Some(Spanned::default_value(Box::new(settings)));
        if let Some(user) = service.labels.get(&format!("ofelia.job-exec.{job_label}.user")) {
            job.user = Some(Spanned::default_value(user.value.clone()));
        }
        jobs.push(job);
    }
    jobs
}

/// The name of the service that runs one of ofelia's jobs.
pub(crate) fn job_name(service: &str, job: &str) -> SmolStr {
    format!("{service}-{job}").into()
}

/// A service like this one that runs another command and ends.
fn task(service: &Service, project: &Project, name: SmolStr, words: Vec<SmolStr>, origin: &Origin) -> Service {
    let mut task = service.clone();
    // What is built has the service's name; nobody builds one of the task's.
    let image = service.image.as_ref().map_or(&service.name.origin, |image| &image.origin);
    task.image = Some(Spanned::new(compose_name(service, project), image.clone()));
    task.name = Spanned::new(name, service.name.origin.clone());
    task.command = Some(Spanned::new(words.into_iter().map(|word| Spanned::new(word, origin.clone())).collect(), origin.clone()));
    task.windlass = None;
    task.labels = ByName::default();
    task.deploy = task.deploy.map(|mut deploy| {
        deploy.value.mode = None;
        deploy.value.replicas = None;
        deploy.value.update_config = None;
        deploy.value.rollback_config = None;
        deploy.value.restart_policy = None;
        deploy.value.labels = ByName::default();
        deploy
    });
    (task.container_name, task.hostname, task.domainname, task.healthcheck, task.scale) = (None, None, None, None, None);
    task.restart = Some(Spanned::default_value(Restart::No));
    task.ports.clear();
    task.expose.clear();
    task.post_start.clear();
    task.pre_stop.clear();
    // What others wait for or share with the service is the service's.
    task.network_mode = None;
    task
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn a_migration_and_a_job_run_the_image_that_their_service_builds() {
        let outcome = project(
            "services:
  web: { build: ., ports: ['8000:8000'], x-windlass: { migrate: python manage.py migrate } }
  cron:
    build: ./cron
    image: ''
    restart: always
    labels: { ofelia.job-exec.tidy.schedule: '@daily', ofelia.job-exec.tidy.command: tidy }",
        )
        .convert();
        let images: Vec<String> = (outcome.conversion.objects.iter())
            .filter_map(|object| Some(format!("{} {}", object.kind(), object.resource.pod_spec()?.containers[0].image.as_ref()?)))
            .collect();
        assert_eq!(images, ["Deployment shop-cron", "Deployment shop-web", "Job shop-web", "CronJob shop-cron"]);
        let told: Vec<String> = outcome.diagnostics().into_iter().filter(|told| told.starts_with("convert::local-image")).collect();
        assert_eq!(told, ["convert::local-image: 2 images are built here and no registry is named for them"]);
    }
}
