//! restart, stop_grace_period, stop_signal, post_start, pre_stop.

use k8s_openapi::api::core::v1::{ExecAction, LifecycleHandler, SleepAction};
use smol_str::SmolStr;
use windlass_compose::model::{Duration, Hook, Restart};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::expose::{Outside, outside};
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

/// Seconds in which load balancers and kube-proxies learn that a pod is going, before it stops answering.
const DRAIN: i64 = 5;

/// Docker's default of `stop_grace_period`; Kubernetes' is 30 s, which is kinder and kept where nothing is written.
const KUBERNETES_GRACE: i64 = 30;

/// The signal that Docker and Kubernetes send when neither project nor image says another.
const DEFAULT_SIGNAL: &str = "SIGTERM";

pub(super) fn restart(restart: Option<&Spanned<Restart>>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Some(restart) = restart else { return };
    let path = sink.at("restart");
    let job = Place::pod(service.index, "restartPolicy");
    match (&restart.value, service.is_long_running()) {
        (Restart::Always | Restart::UnlessStopped, true) => sink.fates.mapped_with(path, [], "the pods of a workload are always restarted"),
        (Restart::OnFailure { .. } | Restart::No | Restart::Other(_), true) => {
            sink.fates.approximated(path, [], "runs until it is stopped, so it is restarted after every end");
        }
        (Restart::OnFailure { max_retries: Some(retries) }, false) => {
            sink.draft.workload.backoff_limit = Some(i32::try_from(*retries).unwrap_or(i32::MAX));
            sink.fates.mapped(path, [job, Place::workload(service.index, "spec.backoffLimit")]);
        }
        (Restart::OnFailure { max_retries: None }, false) => sink.fates.mapped(path, [job]),
        (Restart::No, false) => {
            sink.draft.workload.backoff_limit = Some(0);
            sink.fates.mapped(path, [Place::workload(service.index, "spec.backoffLimit")]);
        }
        (Restart::Always | Restart::UnlessStopped | Restart::Other(_), false) => {
            sink.fates.approximated(path, [job], "restarted until it has completed once");
        }
    }
}

pub(super) fn stop(
    grace: Option<&Spanned<Duration>>,
    signal: Option<&Spanned<SmolStr>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let drains = service.is_long_running() && is_published(service, plan) && service.service.pre_stop.is_empty();
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
        let of_image = service.image.entry().and_then(|image| image.stop.signal.as_deref()).unwrap_or(DEFAULT_SIGNAL);
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
    service.service.ports.iter().any(|port| !matches!(outside(&service.service.name, port, plan.input.options), Outside::Inside(_)))
}

pub(super) fn hooks(post_start: &[Spanned<Hook>], pre_stop: &[Spanned<Hook>], service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    for (attribute, field, hooks) in [("post_start", "postStart", post_start), ("pre_stop", "preStop", pre_stop)] {
        let Some((first, others)) = hooks.split_first() else { continue };
        let words: Vec<String> = first.command.iter().flat_map(|command| command.iter()).map(|word| word.to_string()).collect();
        // Kubernetes runs one command; several are one script.
        let command = if others.is_empty() { words } else { vec!["sh".to_owned(), "-c".to_owned(), script(hooks)] };
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

/// The commands one after the other, each word quoted.
fn script(hooks: &[Spanned<Hook>]) -> String {
    let quote = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
    let lines = hooks.iter().map(|hook| {
        let words = hook.command.iter().flat_map(|command| command.iter());
        words.map(|word| quote(word)).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join(" && ")
}

fn hook_fates(attribute: &str, field: &str, hook: &Spanned<Hook>, in_script: bool, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Hook { command, user, privileged, working_dir, environment, extensions } = &hook.value;
    let path = sink.at(attribute);
    if command.is_some() {
        let place = Place::container(service.index, field);
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
        sink.fates.mapped_with(path.key(extension.name.value.clone()), [], "an extension has no meaning of its own");
    }
}
