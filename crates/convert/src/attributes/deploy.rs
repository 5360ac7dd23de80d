//! deploy, scale → replicas, update strategy, placement. Resources are in `resources`.

mod placement;

use windlass_compose::model::{Deploy, DeployMode, EndpointMode, RestartCondition, RestartPolicy, UpdateConfig, UpdateOrder};
use windlass_images::credentials;
use windlass_k8s::name::metadata_key;
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::Spanned;
use windlass_yaml::Path;

use super::labels::HOLDS_CREDENTIAL;
use super::{Sink, lifecycle};
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

pub(super) fn deploy(
    deploy: Option<&Spanned<Box<Deploy>>>,
    scale: Option<&Spanned<i64>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    if let Some(attribute) = service.kind_decided_by.filter(|_| service.owns_pod()) {
        let (kind, because) = (service.kind.as_str(), service.kind_because.clone());
        sink.fates.inferred(service.index, Place::workload(service.index, "kind"), kind, because, attribute);
    }
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
        restart_policy_fates(policy, service, plan, sink);
    }
    if let Some(update) = update_config {
        update_fates(update, service, sink);
    }
    if rollback_config.is_some() {
        sink.fates.lost(sink.at("deploy.rollback_config"), "a rollback is an update to the revision before, with the settings of updates");
    }
    if let Some(placement) = placement {
        placement::placement(placement, service, plan, sink);
    }
    for label in labels {
        let path = sink.under("deploy.labels", &label.name);
        if service.is_understood(&Path::parse("deploy.labels").key(&label.name.value)) {
            continue;
        }
        let sign = credentials::variable(&label.name, &label.value, &label.value.origin, None);
        if sign.is_some() || plan.known_secrets.are_in(label.value.as_str()) {
            sink.fates.refused(path, HOLDS_CREDENTIAL);
            continue;
        }
        match metadata_key(&label.name) {
            Some(key) => {
                let place = Place { path: Path::root().key("metadata").key("annotations").key(&key), ..Place::workload(service.index, "") };
                sink.draft.workload.annotations.insert(key.to_string(), label.value.to_string());
                sink.fates.mapped_with(path, [place], "labels of a Swarm hold any text, so they become annotations");
            }
            None => sink.fates.lost(path, "no part of this name can stand in the name of an annotation"),
        }
    }
    if let Some(mode) = endpoint_mode {
        let path = sink.at("deploy.endpoint_mode");
        let place = service.is_reachable().then(|| Place::object(ObjectRef::new(Kind::Service, service.name.clone()), "spec"));
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
    if service.scaler().is_some() {
        sink.fates.approximated(path, [], "an autoscaler decides the number");
        return;
    }
    if service.chosen.replicas.is_some() {
        sink.fates.mapped_with(path, [], "`x-windlass.replicas` says another number");
        return;
    }
    if plan.input.options.replicas.contains_key(service.service.name.as_str()) {
        sink.fates.mapped_with(path, [], "`--replicas` says another number");
        return;
    }
    match service.kind {
        Kind::DaemonSet => sink.fates.mapped_with(path, [], "one runs on each node"),
        _ if !service.owns_pod() => sink.fates.lost(path, "it runs in the pod of another service, which gives the number"),
        Kind::Job | Kind::CronJob if service.replicas > 1 => {
            sink.fates.mapped(path, [Place::workload_at(service.index, Path::parse(&service.job_field("completions")))]);
        }
        Kind::Job if service.replicas == 0 => sink.fates.mapped(path, [Place::workload(service.index, "spec.suspend")]),
        Kind::Job | Kind::CronJob => sink.fates.mapped_with(path, [], "a Job runs once"),
        _ => sink.fates.mapped(path, [Place::workload(service.index, "spec.replicas")]),
    }
}

fn restart_policy_fates(policy: &Spanned<RestartPolicy>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let RestartPolicy { condition, delay, max_attempts, window, extensions } = &policy.value;
    let path = sink.at("deploy.restart_policy");
    if let Some(condition) = condition {
        let path = path.key("condition");
        match (&condition.value, service.is_long_running()) {
            (RestartCondition::Any, true) => sink.fates.mapped_with(path, [], "the pods of a workload are always restarted"),
            (_, true) => sink.fates.approximated(path, [], "runs until it is stopped, so it is restarted after every end"),
            (RestartCondition::None, false) => lifecycle::never(path, service, plan, sink),
            (RestartCondition::OnFailure, false) => sink.fates.mapped(path, [Place::pod(service.index, "restartPolicy")]),
            (RestartCondition::Any | RestartCondition::Other(_), false) => {
                sink.fates.approximated(path, [Place::pod(service.index, "restartPolicy")], "restarted until it has completed once");
            }
        }
    }
    if let Some(attempts) = max_attempts {
        let path = path.key("max_attempts");
        if service.is_long_running() {
            sink.fates.lost(path, "a workload restarts its pods without end, with growing pauses");
        } else {
            lifecycle::retries(i32::try_from(attempts.value).unwrap_or(i32::MAX), path, service, plan, sink);
        }
    }
    if delay.is_some() {
        sink.fates.lost(path.key("delay"), "the kubelet waits 10 s, then twice as long each time, up to 5 min");
    }
    if window.is_some() {
        sink.fates.lost(path.key("window"), "the kubelet forgets failures after 10 min without one");
    }
    for extension in extensions {
        sink.fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
    }
}

fn update_fates(update: &Spanned<UpdateConfig>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let UpdateConfig { parallelism, delay, failure_action, monitor, max_failure_ratio, order, extensions } = &update.value;
    let path = sink.at("deploy.update_config");
    if !service.owns_pod() {
        sink.fates.lost(path, "it runs in the pod of another service, whose `update_config` counts");
        return;
    }
    if matches!(service.kind, Kind::Job | Kind::CronJob) {
        sink.fates.mapped_with(path, [], "a job is not updated; a change makes a new one");
        return;
    }
    let rolls = |field: &str| match service.kind {
        Kind::Deployment => Some(Place::workload_at(service.index, Path::parse(&format!("spec.strategy{field}")))),
        // Its strategy is written where it differs from one at a time.
        Kind::DaemonSet if parallelism.as_ref().is_some_and(|number| number.value > 0) => {
            Some(Place::workload_at(service.index, Path::parse(&format!("spec.updateStrategy{field}"))))
        }
        _ => None,
    };
    let other = if service.kind == Kind::DaemonSet {
        "a DaemonSet replaces its pods one by one, stopping first"
    } else {
        "a StatefulSet replaces its pods one by one, stopping first"
    };
    if let Some(parallelism) = parallelism {
        sink.draft.workload.parallelism = Some(parallelism.value);
        match rolls("") {
            Some(place) => sink.fates.mapped(path.key("parallelism"), [place]),
            None if parallelism.value == 1 => sink.fates.mapped_with(path.key("parallelism"), [], other),
            None => sink.fates.approximated(path.key("parallelism"), [], other),
        }
    }
    if let Some(order) = order {
        let start_first = order.value == UpdateOrder::StartFirst;
        sink.draft.workload.start_first = Some(start_first);
        match rolls("") {
            Some(place) => sink.fates.mapped(path.key("order"), [place]),
            None if start_first => sink.fates.approximated(path.key("order"), [], other),
            None => sink.fates.mapped_with(path.key("order"), [], other),
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
    fn replicas_are_kept_even_none() {
        assert_eq!(web("deploy: { replicas: 0 }").field("Deployment/web", "spec.replicas"), "0\n");
        assert_eq!(web("scale: 3").field("Deployment/web", "spec.replicas"), "3\n");
        let outcome = project("services: { web: { image: acme/web:1, scale: 3 } }")
            .options(|options| options.replicas = [("web".to_owned(), 5)].into())
            .convert();
        assert_eq!(outcome.field("Deployment/web", "spec.replicas"), "5\n");
        assert_eq!(outcome.fates("services.web.scale"), "services.web.scale: mapped (`--replicas` says another number)");
    }

    #[test]
    fn updates_replace_as_many_pods_as_they_say() {
        let config = "update_config: { parallelism: 2, order: start-first, delay: 10s, monitor: 15s, failure_action: rollback, max_failure_ratio: 0.5 }";
        let outcome = web(&format!("deploy: {{ replicas: 4, {config}, rollback_config: {{ parallelism: 1 }} }}"));
        insta::assert_snapshot!(outcome.field("Deployment/web", "spec.strategy"), @"
        rollingUpdate:
          maxSurge: 2
          maxUnavailable: 0
        type: RollingUpdate
        ");
        assert_eq!(outcome.field("Deployment/web", "spec.minReadySeconds"), "15\n");
        insta::assert_snapshot!(outcome.fates("services.web.deploy"), @"
        services.web.deploy.replicas: mapped → Deployment/web spec.replicas
        services.web.deploy.update_config.parallelism: mapped → Deployment/web spec.strategy
        services.web.deploy.update_config.order: mapped → Deployment/web spec.strategy
        services.web.deploy.update_config.delay: approximated → Deployment/web spec.minReadySeconds (a new pod has to be ready for the longer of `delay` and `monitor` before the next is replaced)
        services.web.deploy.update_config.monitor: approximated → Deployment/web spec.minReadySeconds (a new pod has to be ready for the longer of `delay` and `monitor` before the next is replaced)
        services.web.deploy.update_config.failure_action: approximated (a roll-out that fails stands still; `kubectl rollout undo` goes back)
        services.web.deploy.update_config.max_failure_ratio: lost (a roll-out bears no failure)
        services.web.deploy.rollback_config.parallelism: lost (a rollback is an update to the revision before, with the settings of updates)
        ");
        let all = web("deploy: { replicas: 4, update_config: { parallelism: 0 } }");
        insta::assert_snapshot!(all.field("Deployment/web", "spec.strategy.rollingUpdate"), @"
        maxSurge: 0
        maxUnavailable: 4
        ");
    }

    #[test]
    fn a_daemon_set_and_a_stateful_set_update_in_their_own_way() {
        let outcome = web("deploy: { mode: global, update_config: { order: start-first } }");
        assert!(outcome.fates("services.web.deploy.update_config").contains("approximated (a DaemonSet replaces"));
        let outcome = web("deploy: { mode: global, update_config: { order: start-first, parallelism: 2 } }");
        assert_eq!(outcome.field("DaemonSet/web", "spec.updateStrategy.rollingUpdate.maxSurge"), "2\n");
        let outcome =
            project("services: { db: { image: postgres:17, deploy: { update_config: { parallelism: 1, order: stop-first } } } }").convert();
        assert!(!outcome.fates("services.db.deploy.update_config").contains("approximated"));
    }

    #[test]
    fn a_long_pause_between_updates_moves_the_deadline() {
        let outcome = web("deploy: { update_config: { delay: 20m } }");
        assert_eq!(outcome.field("Deployment/web", "spec.progressDeadlineSeconds"), "1800\n");
    }

    #[test]
    fn a_job_that_shall_not_be_restarted_is_not() {
        let outcome = web("deploy: { mode: replicated-job, restart_policy: { condition: none } }");
        assert_eq!(outcome.pod("Job/web*", "restartPolicy"), "Never\n");
        assert_eq!(outcome.field("Job/web*", "spec.backoffLimit"), "0\n");
        let outcome = web(
            "deploy: { mode: replicated-job, replicas: 3, restart_policy: { condition: on-failure, max_attempts: 4, delay: 5s, window: 1m } }",
        );
        assert_eq!(outcome.field("Job/web*", "spec.backoffLimit"), "4\n");
        assert_eq!(outcome.field("Job/web*", "spec.completions"), "3\n");
    }

    #[test]
    fn labels_of_a_swarm_are_annotations_of_the_workload() {
        let outcome = web("deploy: { labels: { 'com.example/team': shop } }");
        assert_eq!(outcome.field("Deployment/web", "metadata.annotations[\"com.example/team\"]"), "shop\n");
    }
}
