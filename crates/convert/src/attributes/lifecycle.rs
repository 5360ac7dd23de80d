//! restart, stop_grace_period, stop_signal, post_start, pre_stop.

use k8s_openapi::api::core::v1::{ExecAction, LifecycleHandler, SleepAction};
use smol_str::SmolStr;
use windlass_compose::model::{Duration, Hook, Restart};
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::Sink;
use crate::decide::expose::{Outside, outside};
use crate::decide::{Plan, ServicePlan, arguments};
use crate::fates::Place;
use crate::finish::waits::waits_for_job;
use crate::options::KubeVersion;

/// Seconds in which load balancers and kube-proxies learn that a pod is going, before it stops answering.
const DRAIN: i64 = 5;

/// From this version on a hook may sleep without a program of the image.
const SLEEPS_SINCE: KubeVersion = KubeVersion { major: 1, minor: 30 };

/// Docker's default of `stop_grace_period`; Kubernetes' is 30 s, which is kinder and kept where nothing is written.
const KUBERNETES_GRACE: i64 = 30;

/// The signal that Docker and Kubernetes send when neither project nor image says another.
const DEFAULT_SIGNAL: &str = "SIGTERM";

pub(super) fn restart(restart: Option<&Spanned<Restart>>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Some(restart) = restart else { return };
    let path = sink.at("restart");
    let policy = Place::pod(service.index, "restartPolicy");
    match (&restart.value, service.is_long_running()) {
        (Restart::Always | Restart::UnlessStopped, true) => sink.fates.mapped_with(path, [], "the pods of a workload are always restarted"),
        (Restart::OnFailure { .. } | Restart::No | Restart::Other(_), true) => {
            sink.fates.approximated(path, [], "runs until it is stopped, so it is restarted after every end");
        }
        (Restart::OnFailure { max_retries: Some(count) }, false) => {
            retries(i32::try_from(*count).unwrap_or(i32::MAX), path, service, plan, sink);
        }
        (Restart::OnFailure { max_retries: None }, false) => sink.fates.mapped(path, [policy]),
        (Restart::No, false) => never(path, service, plan, sink),
        (Restart::Always | Restart::UnlessStopped | Restart::Other(_), false) => {
            sink.fates.approximated(path, [policy], "restarted until it has completed once");
        }
    }
}

/// Retries of a Job that waits for another, at the least: the wait fails while the other Job is not there yet, and counts.
const RETRIES_OF_WAITS: i32 = 6;

/// A Job that is started again so many times after a failure.
pub(super) fn retries(count: i32, path: Path, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let place = Place::workload_at(service.index, Path::parse(&service.job_field("backoffLimit")));
    let is_raised = count < RETRIES_OF_WAITS && waits_for_job(&plan.services[service.pod], plan);
    sink.draft.workload.backoff_limit = Some(if is_raised { RETRIES_OF_WAITS } else { count });
    if is_raised {
        sink.fates.approximated(path, [place], "more often, since attempts to wait for another Job count too");
    } else {
        sink.fates.mapped(path, [place]);
    }
}

/// A Job that is not started again.
pub(super) fn never(path: Path, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    if waits_for_job(&plan.services[service.pod], plan) {
        retries(0, path, service, plan, sink);
        return;
    }
    sink.draft.workload.backoff_limit = Some(0);
    sink.draft.pod.never_restarts = true;
    let limit = Place::workload_at(service.index, Path::parse(&service.job_field("backoffLimit")));
    sink.fates.mapped(path, [Place::pod(service.index, "restartPolicy"), limit]);
}

pub(super) fn stop(
    grace: Option<&Spanned<Duration>>,
    signal: Option<&Spanned<SmolStr>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let drains = service.is_long_running()
        && is_published(service, plan)
        && service.service.pre_stop.is_empty()
        && plan.input.options.kube_version >= SLEEPS_SINCE;
    let known = service.image.server().and_then(|image| image.stop.grace).map(i64::from);
    let written = grace.map(|grace| grace.seconds_ceil().max(0));
    let mut seconds = written.or(known.filter(|known| *known > KUBERNETES_GRACE));
    if drains {
        // The sleep counts against the grace period.
        seconds = seconds.map(|seconds| seconds.saturating_add(DRAIN));
        let lifecycle = sink.draft.container.lifecycle.get_or_insert_default();
        lifecycle.pre_stop = Some(LifecycleHandler { sleep: Some(SleepAction { seconds: DRAIN }), ..LifecycleHandler::default() });
        let place = Place::container(service.index, "lifecycle.preStop.sleep.seconds");
        let because = "a published service answers until load balancers have taken the pod out";
        sink.fates.inferred(service.index, place, DRAIN, because, "pre_stop");
    }
    sink.draft.pod.grace_seconds = seconds;
    let place = || Place::pod(service.index, "terminationGracePeriodSeconds");
    if grace.is_some() {
        sink.fates.mapped(sink.at("stop_grace_period"), [place()]);
    } else if let (Some(seconds), Some(_)) = (seconds, known) {
        sink.fates.inferred(service.index, place(), seconds, "an orderly stop of this image may take so long", "stop_grace_period");
    }
    if let Some(signal) = signal {
        let path = sink.at("stop_signal");
        let normal = normal_signal(signal);
        let of_image = service.image.stop_signal().map_or_else(|| DEFAULT_SIGNAL.to_owned(), normal_signal);
        if normal == of_image {
            sink.fates.mapped_with(path, [], "the signal that the image itself asks for is sent");
        } else {
            sink.fates.lost(path, format!("the image's own signal is sent; write `STOPSIGNAL {normal}` into its Dockerfile"));
        }
    }
}

/// `9`, `KILL` and `SIGKILL` are one; numbers are kept.
fn normal_signal(signal: &str) -> String {
    let upper = signal.to_ascii_uppercase();
    match upper.as_str() {
        "15" => DEFAULT_SIGNAL.to_owned(),
        "9" => "SIGKILL".to_owned(),
        "2" => "SIGINT".to_owned(),
        "3" => "SIGQUIT".to_owned(),
        "1" => "SIGHUP".to_owned(),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => upper,
        name if name.starts_with("SIG") => upper,
        name => format!("SIG{name}"),
    }
}

fn is_published(service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    service.service.ports.iter().any(|port| !matches!(outside(service, port, plan.input.options), Outside::Inside(_)))
}

pub(super) fn hooks(
    post_start: &[Spanned<Hook>],
    pre_stop: &[Spanned<Hook>],
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    for (attribute, field, hooks) in [("post_start", "postStart", post_start), ("pre_stop", "preStop", pre_stop)] {
        let Some((first, others)) = hooks.split_first() else { continue };
        // Kubernetes runs one command; several are one script.
        let command = if others.is_empty() {
            words(first, service, plan)
        } else {
            vec!["sh".to_owned(), "-c".to_owned(), script(hooks, service, plan)]
        };
        let spelled = &plan.spelled[service.index];
        let is_spelled = hooks.iter().any(|hook| hook.command.as_ref().is_some_and(|command| spelled.are_in(command.iter())));
        let command = if is_spelled {
            let Some(command) = spelled.for_shell(&command, service.image.shell()) else {
                for index in 0..hooks.len() {
                    let path = sink.at(&format!("{attribute}[{index}]"));
                    sink.fates.refused(path, "it spells out a credential, and hooks are plain text; write `sh -c` and a variable");
                }
                continue;
            };
            command
        } else {
            command
        };
        if command.is_empty() {
            sink.fates.lost(sink.at(&format!("{attribute}[0].command")), "there is nothing to run");
            continue;
        }
        let handler = LifecycleHandler { exec: Some(ExecAction { command: Some(command) }), ..LifecycleHandler::default() };
        let lifecycle = sink.draft.container.lifecycle.get_or_insert_default();
        *(if attribute == "post_start" { &mut lifecycle.post_start } else { &mut lifecycle.pre_stop }) = Some(handler);
        for (index, hook) in hooks.iter().enumerate() {
            hook_fates(
                &format!("{attribute}[{index}]"),
                &format!("lifecycle.{field}.exec.command"),
                hook,
                !others.is_empty(),
                service,
                sink,
            );
        }
    }
}

/// The words of a hook's command. Unlike those of containers and probes, Kubernetes takes them as they are.
fn words(hook: &Hook, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Vec<String> {
    let words = hook.command.iter().flat_map(|command| arguments(command));
    words.map(|(flag, word)| plan.reach.rewrite(flag, word, service, &plan.services).into_owned()).collect()
}

/// The commands one after the other, each word quoted.
fn script(hooks: &[Spanned<Hook>], service: &ServicePlan<'_>, plan: &Plan<'_>) -> String {
    let quote = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
    let lines = hooks.iter().map(|hook| words(hook, service, plan)).filter(|words| !words.is_empty());
    lines.map(|words| words.iter().map(quote).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(" && ")
}

fn hook_fates(attribute: &str, field: &str, hook: &Spanned<Hook>, in_script: bool, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Hook { command, user, privileged, working_dir, environment, extensions } = &hook.value;
    let path = sink.at(attribute);
    if command.is_some() {
        let place = Place::container_at(service.index, Path::parse(field));
        if in_script {
            sink.fates.approximated(path.key("command"), [place], "one script of all commands, run by the image's `sh`");
        } else {
            sink.fates.mapped(path.key("command"), [place]);
        }
    }
    let lost = [
        ("user", user.is_some(), "a hook runs as the container's user"),
        ("privileged", privileged.is_some(), "a hook has the container's rights"),
        ("working_dir", working_dir.is_some(), "a hook runs in the container's directory; write `sh -c 'cd … && …'`"),
        ("environment", !environment.is_empty(), "a hook has the container's variables; write `env NAME=value …`"),
    ];
    for (key, is_written, remedy) in lost {
        if is_written {
            sink.fates.lost(path.key(key), remedy);
        }
    }
    for extension in extensions {
        sink.fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    fn web(service: &str) -> Outcome {
        project(&format!("services: {{ web: {{ image: acme/web:1, {service} }} }}")).convert()
    }

    #[test]
    fn what_is_published_answers_until_load_balancers_know_that_it_stops() {
        let outcome = web("stop_grace_period: 1m30s, ports: [{ target: 80, published: '80', protocol: tcp }]");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].lifecycle.preStop.sleep.seconds"), "5\n");
        assert_eq!(outcome.pod("Deployment/web", "terminationGracePeriodSeconds"), "95\n");
        let inside = web("stop_grace_period: 1m30s, expose: ['80']");
        assert_eq!(inside.pod("Deployment/web", "terminationGracePeriodSeconds"), "90\n");
        assert_eq!(inside.pod("Deployment/web", "containers[0].lifecycle"), "null\n");
    }

    #[test]
    fn a_database_gets_the_time_that_its_image_is_known_to_need() {
        let outcome = project("services: { db: { image: postgres:17, stop_signal: SIGINT } }").convert();
        assert_eq!(outcome.pod("StatefulSet/db", "terminationGracePeriodSeconds"), "60\n");
        assert!(outcome.inferred().contains("an orderly stop of this image may take so long; stop_grace_period)"));
        assert!(outcome.fates("services.db.stop_signal").contains("mapped (the signal that the image itself asks for is sent)"));
        assert!(web("stop_signal: QUIT").fates("services.web.stop_signal").contains("lost"));
    }

    #[test]
    fn hooks_are_run_as_they_are_written() {
        let outcome = web(
            "pre_stop: [{ command: [app, drain, '$(x)'] }], post_start: [{ command: [chown, a] }, { command: [echo, \"it's\"], user: root }]",
        );
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].lifecycle"), @r#"
        postStart:
          exec:
            command:
            - sh
            - -c
            - '''chown'' ''a'' && ''echo'' ''it''\''''s'''
        preStop:
          exec:
            command:
            - app
            - drain
            - $(x)
        "#);
        insta::assert_snapshot!(outcome.fates("services.web.p"), @"
        services.web.pre_stop[0].command: mapped → Deployment/web spec.template.spec.containers[0].lifecycle.preStop.exec.command
        services.web.post_start[0].command: approximated → Deployment/web spec.template.spec.containers[0].lifecycle.postStart.exec.command (one script of all commands, run by the image's `sh`)
        services.web.post_start[1].command: approximated → Deployment/web spec.template.spec.containers[0].lifecycle.postStart.exec.command (one script of all commands, run by the image's `sh`)
        services.web.post_start[1].user: lost (a hook runs as the container's user)
        ");
    }

    #[test]
    fn restarts_of_a_job_are_its_retries() {
        let job = |restart: &str| {
            let outcome =
                project(&format!("services: {{ web: {{ image: acme/web:1, restart: '{restart}', deploy: {{ mode: replicated-job }} }} }}"))
                    .convert();
            let field = |field: &str| outcome.field("Job/web*", field).trim_end().to_owned();
            format!("{} {}", field("spec.template.spec.restartPolicy"), field("spec.backoffLimit"))
        };
        assert_eq!(job("no"), "Never 0");
        assert_eq!(job("on-failure"), "OnFailure null");
        assert_eq!(job("on-failure:2"), "OnFailure 2");
        assert_eq!(job("always"), "OnFailure null");
    }

    #[test]
    fn a_job_that_waits_for_another_may_fail_until_that_is_there() {
        let outcome = project(
            "services: { first: { image: acme/a:1 }, web: { image: acme/a:1, restart: 'no', \
             depends_on: { first: { condition: service_completed_successfully, required: true } } } }",
        )
        .convert();
        assert_eq!(outcome.field("Job/web*", "spec.backoffLimit"), "6\n");
        assert_eq!(outcome.pod("Job/web*", "restartPolicy"), "OnFailure\n");
        assert!(outcome.fates("services.web.restart").contains("approximated"));
    }
}
