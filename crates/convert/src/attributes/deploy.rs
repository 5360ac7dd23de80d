//! deploy, scale → replicas, update strategy, placement. Resources are in `resources`.

mod placement;

use windlass_compose::model::{Deploy, DeployMode, EndpointMode, RestartPolicy, UpdateConfig, UpdateOrder};
use windlass_k8s::name::metadata_key;
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::Spanned;

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

pub(super) fn deploy(
    deploy: Option<&Spanned<Box<Deploy>>>,
    scale: Option<&Spanned<i64>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    if scale.is_some() {
        replicas("scale", service, plan, sink);
    }
    let Some(deploy) = deploy else { return };
    let Deploy {
        mode,
        replicas: count,
        resources: _,
        restart_policy,
        update_config,
        rollback_config,
        placement,
        labels,
        endpoint_mode,
        extensions,
    } = &*deploy.value;
    if let Some(mode) = mode {
        let path = sink.at("deploy.mode");
        match &mode.value {
            DeployMode::Replicated | DeployMode::Global | DeployMode::ReplicatedJob => {
                sink.fates.mapped(path, [Place::workload(service.index, "kind")])
            }
            DeployMode::GlobalJob => {
                let message = "one Job; to run it on each node use a DaemonSet whose init container does the work";
                sink.fates.approximated(path, [Place::workload(service.index, "kind")], message);
            }
            DeployMode::Other(_) => sink.fates.lost(path, "not a mode that Compose knows"),
        }
    }
    if count.is_some() {
        replicas("deploy.replicas", service, plan, sink);
    }
    if let Some(policy) = restart_policy {
        restart_policy_fates(policy, service, sink);
    }
    if let Some(update) = update_config {
        update_fates(update, service, sink);
    }
    if rollback_config.is_some() {
        sink.fates.lost(sink.at("deploy.rollback_config"), "a rollback is an update to the revision before, with the settings of updates");
    }
    if let Some(placement) = placement {
        placement::placement(placement, service, sink);
    }
    for label in labels {
        let path = sink.under("deploy.labels", &label.name);
        match metadata_key(&label.name) {
            Some(key) => {
                let place = Place {
                    path: windlass_yaml::Path::root().key("metadata").key("annotations").key(key.clone()),
                    ..Place::workload(service.index, "")
                };
                sink.draft.workload.annotations.insert(key.to_string(), label.value.to_string());
                sink.fates.mapped_with(path, [place], "labels of a Swarm hold any text, so they become annotations");
            }
            None => sink.fates.lost(path, "no part of this name can stand in the name of an annotation"),
        }
    }
    if let Some(mode) = endpoint_mode {
        let path = sink.at("deploy.endpoint_mode");
        let place = service.is_long_running().then(|| Place::object(ObjectRef::new(Kind::Service, service.name.clone()), "spec"));
        match mode.value {
            EndpointMode::Vip | EndpointMode::DnsRoundRobin => sink.fates.mapped(path, place),
            EndpointMode::Other(_) => sink.fates.lost(path, "not a mode that Compose knows"),
        }
    }
    for extension in extensions {
        sink.fates.mapped_with(sink.under("deploy", &extension.name), [], "an extension has no meaning of its own");
    }
}

fn replicas(attribute: &str, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let path = sink.at(attribute);
    if plan.input.options.replicas.contains_key(service.service.name.as_str()) {
        sink.fates.mapped_with(path, [], "`--replicas` says another number");
        return;
    }
    match service.kind {
        Kind::DaemonSet => sink.fates.mapped_with(path, [], "one runs on each node"),
        _ if !service.owns_pod() => sink.fates.lost(path, "it runs in the pod of another service, which gives the number"),
        Kind::Job | Kind::CronJob if service.replicas > 1 => sink.fates.mapped(path, [Place::workload(service.index, "spec.completions")]),
        Kind::Job | Kind::CronJob => sink.fates.mapped_with(path, [], "a Job runs once"),
        _ => sink.fates.mapped(path, [Place::workload(service.index, "spec.replicas")]),
    }
}

fn restart_policy_fates(policy: &Spanned<RestartPolicy>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let RestartPolicy { condition, delay, max_attempts, window, extensions } = &policy.value;
    let path = sink.at("deploy.restart_policy");
    if condition.is_some() {
        if service.is_long_running() {
            sink.fates.mapped_with(path.key("condition"), [], "the pods of a workload are always restarted");
        } else {
            sink.fates.mapped(path.key("condition"), [Place::pod(service.index, "restartPolicy")]);
        }
    }
    if let Some(attempts) = max_attempts {
        if service.is_long_running() {
            sink.fates.lost(path.key("max_attempts"), "a workload restarts its pods without end, with growing pauses");
        } else {
            sink.draft.workload.backoff_limit = Some(i32::try_from(attempts.value).unwrap_or(i32::MAX));
            sink.fates.mapped(path.key("max_attempts"), [Place::workload(service.index, "spec.backoffLimit")]);
        }
    }
    if delay.is_some() {
        sink.fates.lost(path.key("delay"), "the kubelet waits 10 s, then twice as long each time, up to 5 min");
    }
    if window.is_some() {
        sink.fates.lost(path.key("window"), "the kubelet forgets failures after 10 min without one");
    }
    for extension in extensions {
        sink.fates.mapped_with(path.key(extension.name.value.clone()), [], "an extension has no meaning of its own");
    }
}

fn update_fates(update: &Spanned<UpdateConfig>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let UpdateConfig { parallelism, delay, failure_action, monitor, max_failure_ratio, order, extensions } = &update.value;
    let path = sink.at("deploy.update_config");
    if matches!(service.kind, Kind::Job | Kind::CronJob) {
        sink.fates.mapped_with(path, [], "a job is not updated; a change makes a new one");
        return;
    }
    let rolls = |field: &str| match service.kind {
        Kind::Deployment => Some(Place::workload(service.index, &format!("spec.strategy{field}"))),
        Kind::DaemonSet => Some(Place::workload(service.index, &format!("spec.updateStrategy{field}"))),
        _ => None,
    };
    if let Some(parallelism) = parallelism {
        sink.draft.workload.parallelism = Some(parallelism.value);
        match rolls("") {
            Some(place) => sink.fates.mapped(path.key("parallelism"), [place]),
            None => sink.fates.approximated(path.key("parallelism"), [], "a StatefulSet replaces its pods one by one"),
        }
    }
    if let Some(order) = order {
        let start_first = order.value == UpdateOrder::StartFirst;
        sink.draft.workload.start_first = Some(start_first);
        match rolls("") {
            Some(place) => sink.fates.mapped(path.key("order"), [place]),
            None if start_first => sink.fates.approximated(path.key("order"), [], "a StatefulSet stops a pod before it starts the next"),
            None => sink.fates.mapped_with(path.key("order"), [], "a StatefulSet stops a pod before it starts the next"),
        }
    }
    // The pause between two groups and the time in which a failure counts are both "ready for so long before going on".
    let waits = [("delay", delay), ("monitor", monitor)].map(|(key, value)| (key, value.as_ref().map(|value| value.seconds_ceil().max(0))));
    let longest = waits.iter().filter_map(|(_, seconds)| *seconds).max();
    if let Some(seconds) = longest {
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        sink.draft.workload.min_ready_seconds = Some(seconds);
        // A deadline at or below `minReadySeconds` is refused, and 600 s is Kubernetes' own.
        sink.draft.workload.progress_deadline_seconds = (seconds >= 600).then(|| seconds.saturating_add(600));
        for (key, _) in waits.iter().filter(|(_, seconds)| seconds.is_some()) {
            let place = Place::workload(service.index, "spec.minReadySeconds");
            sink.fates.approximated(
                path.key(*key),
                [place],
                "a new pod has to be ready for the longer of `delay` and `monitor` before the next is replaced",
            );
        }
    }
    if failure_action.is_some() {
        sink.fates.approximated(path.key("failure_action"), [], "a roll-out that fails stands still; `kubectl rollout undo` goes back");
    }
    if max_failure_ratio.is_some() {
        sink.fates.lost(path.key("max_failure_ratio"), "a roll-out bears no failure");
    }
    for extension in extensions {
        sink.fates.mapped_with(path.key(extension.name.value.clone()), [], "an extension has no meaning of its own");
    }
}
