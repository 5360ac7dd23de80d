//! One workload from the drafts of the services in its pod.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{
    DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDaemonSet,
    RollingUpdateDeployment, RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetSpec, StatefulSetUpdateStrategy,
};
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{
    Affinity, Container, LocalObjectReference, NodeAffinity, NodeSelector, NodeSelectorTerm, PodAffinity, PodAffinityTerm,
    PodSecurityContext, PodSpec, PodTemplateSpec, TopologySpreadConstraint, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::SmolStr;
use windlass_k8s::labels::Identity;
use windlass_k8s::name::with_suffix;
use windlass_k8s::{ContentHash, Kind, Object, Resource};

use crate::decide::{Plan, ServicePlan};
use crate::draft::{Draft, PodDraft, WorkloadDraft};
use crate::fates::{Fates, Place};

/// The workload of `owner` and the names of its init containers, in order.
pub(super) fn workload(owner: &ServicePlan<'_>, parts: Vec<(&ServicePlan<'_>, Box<Draft>)>, plan: &Plan<'_>) -> (Object, Vec<SmolStr>) {
    let mut containers = Vec::with_capacity(parts.len());
    let mut init_containers: Vec<Container> = Vec::new();
    let mut volumes: BTreeMap<SmolStr, Box<Volume>> = BTreeMap::new();
    let mut pod = PodDraft::default();
    let mut workload = WorkloadDraft::default();
    for (member, draft) in parts {
        let Draft { mut container, init_containers: waits, volumes: own, pod: own_pod, workload: own_workload, objects: _ } = *draft;
        container.name = member.name.to_string();
        containers.push(container);
        // Most pods have one service, whose list need not be copied.
        match init_containers.is_empty() {
            true => init_containers = waits,
            false => init_containers.extend(waits),
        }
        volumes.extend(own);
        merge_pod(&mut pod, own_pod);
        merge_workload(&mut workload, own_workload);
    }
    let mut names: Vec<SmolStr> = Vec::with_capacity(init_containers.len());
    init_containers.retain(|container| {
        let is_new = names.iter().all(|name| *name != container.name);
        if is_new {
            names.push(SmolStr::new(&container.name));
        }
        is_new
    });
    let identity = identity(owner, plan);
    let selector = identity.selector();
    let mut labels = identity.labels();
    labels.append(&mut workload.labels);
    let template = template(owner, pod, containers, init_containers, volumes, &labels, &selector);
    let metadata = ObjectMeta {
        name: Some(owner.name.to_string()),
        labels: Some(labels),
        annotations: (!workload.annotations.is_empty()).then(|| std::mem::take(&mut workload.annotations)),
        ..ObjectMeta::default()
    };
    let resource = resource(owner, metadata, selector, template, workload);
    (Object::new(resource, owner.service.origin().clone()), names)
}

/// A claim that one pod at a time may mount leaves no choice of how an update goes.
pub(super) fn say_recreate(owner: &ServicePlan<'_>, fates: &mut Fates) {
    let update = owner.service.deploy.as_ref().and_then(|deploy| deploy.update_config.as_ref());
    let Some(update) = update.filter(|_| owner.kind == Kind::Deployment) else { return };
    for (key, is_written) in [("parallelism", update.parallelism.is_some()), ("order", update.order.is_some())] {
        if is_written {
            let place = Place::workload(owner.index, "spec.strategy");
            let message = "all pods stop before new ones start, since one at a time may mount the volume";
            fates.approximated(owner.path("deploy.update_config").key(key), [place], message);
        }
    }
}

/// What the labels of a service's objects are made from.
pub(super) fn identity<'a>(service: &'a ServicePlan<'_>, plan: &'a Plan<'_>) -> Identity<'a> {
    Identity {
        name: &service.name,
        project: &plan.input.project.name,
        component: None,
        version: service.image.reference.as_ref().and_then(|reference| reference.tag()),
    }
}

fn merge_pod(pod: &mut PodDraft, other: PodDraft) {
    let PodDraft {
        labels,
        annotations,
        security,
        host_aliases,
        dns,
        dns_policy,
        hostname,
        subdomain,
        grace_seconds,
        host_network,
        host_pid,
        host_ipc,
        host_users,
        share_process_namespace,
        never_restarts,
        node_selector,
        node_requirements,
        spread_over,
        runtime_class,
        service_account,
        image_pull_secrets,
        shared_volumes,
    } = other;
    // The owner comes first: what it says stays.
    for (key, value) in labels {
        pod.labels.entry(key).or_insert(value);
    }
    for (key, value) in annotations {
        pod.annotations.entry(key).or_insert(value);
    }
    merge_security(&mut pod.security, security);
    for alias in host_aliases {
        let known = pod.host_aliases.iter_mut().find(|known| known.ip == alias.ip);
        match known {
            Some(known) => known.hostnames.get_or_insert_default().extend(alias.hostnames.into_iter().flatten()),
            None => pod.host_aliases.push(alias),
        }
    }
    pod.dns = pod.dns.take().or(dns);
    pod.dns_policy = pod.dns_policy.take().or(dns_policy);
    pod.hostname = pod.hostname.take().or(hostname);
    pod.subdomain = pod.subdomain.take().or(subdomain);
    pod.grace_seconds = pod.grace_seconds.max(grace_seconds);
    pod.host_network |= host_network;
    pod.host_pid |= host_pid;
    pod.host_ipc |= host_ipc;
    pod.host_users = pod.host_users.or(host_users);
    pod.share_process_namespace |= share_process_namespace;
    pod.never_restarts |= never_restarts;
    for (key, value) in node_selector {
        pod.node_selector.entry(key).or_insert(value);
    }
    pod.node_requirements.extend(node_requirements);
    pod.spread_over.extend(spread_over);
    pod.runtime_class = pod.runtime_class.take().or(runtime_class);
    pod.service_account = pod.service_account.take().or(service_account);
    pod.image_pull_secrets.extend(image_pull_secrets);
    pod.shared_volumes.extend(shared_volumes);
}

fn merge_security(security: &mut PodSecurityContext, other: PodSecurityContext) {
    security.fs_group = security.fs_group.or(other.fs_group);
    security.fs_group_change_policy = security.fs_group_change_policy.take().or(other.fs_group_change_policy);
    for group in other.supplemental_groups.into_iter().flatten() {
        let groups = security.supplemental_groups.get_or_insert_default();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for sysctl in other.sysctls.into_iter().flatten() {
        let sysctls = security.sysctls.get_or_insert_default();
        if sysctls.iter().all(|known| known.name != sysctl.name) {
            sysctls.push(sysctl);
        }
    }
    security.run_as_non_root = security.run_as_non_root.or(other.run_as_non_root);
    security.seccomp_profile = security.seccomp_profile.take().or(other.seccomp_profile);
}

fn merge_workload(workload: &mut WorkloadDraft, other: WorkloadDraft) {
    let WorkloadDraft {
        labels,
        annotations,
        parallelism,
        start_first,
        min_ready_seconds,
        progress_deadline_seconds,
        exclusive_claim,
        backoff_limit,
        claim_templates,
    } = other;
    for (key, value) in labels {
        workload.labels.entry(key).or_insert(value);
    }
    for (key, value) in annotations {
        workload.annotations.entry(key).or_insert(value);
    }
    workload.parallelism = workload.parallelism.or(parallelism);
    workload.start_first = workload.start_first.or(start_first);
    workload.min_ready_seconds = workload.min_ready_seconds.or(min_ready_seconds);
    workload.progress_deadline_seconds = workload.progress_deadline_seconds.max(progress_deadline_seconds);
    workload.exclusive_claim |= exclusive_claim;
    workload.backoff_limit = workload.backoff_limit.max(backoff_limit);
    workload.claim_templates.extend(claim_templates);
}

fn template(
    owner: &ServicePlan<'_>,
    pod: PodDraft,
    containers: Vec<Container>,
    init_containers: Vec<Container>,
    volumes: BTreeMap<SmolStr, Box<Volume>>,
    labels: &BTreeMap<String, String>,
    selector: &BTreeMap<String, String>,
) -> PodTemplateSpec {
    let mut security = pod.security;
    if security.fs_group.is_some() && security.fs_group_change_policy.is_none() {
        // Changing the owner of every file at each start takes minutes on a large volume.
        security.fs_group_change_policy = Some("OnRootMismatch".to_owned());
    }
    let mut pod_labels = pod.labels;
    for (key, value) in labels {
        pod_labels.entry(key.clone()).or_insert_with(|| value.clone());
    }
    pod_labels.extend(pod.shared_volumes.clone());
    let restarts = owner.is_long_running();
    let spread = if owner.replicas > 1 && restarts && pod.shared_volumes.is_empty() && owner.kind != Kind::DaemonSet {
        let over = if pod.spread_over.is_empty() { vec!["kubernetes.io/hostname".to_owned()] } else { pod.spread_over };
        Some(over.into_iter().map(|key| spread(key, selector)).collect())
    } else {
        None
    };
    let spec = PodSpec {
        affinity: affinity(pod.node_requirements, &pod.shared_volumes),
        automount_service_account_token: Some(false),
        containers,
        dns_config: pod.dns,
        dns_policy: pod.dns_policy.or_else(|| pod.host_network.then(|| "ClusterFirstWithHostNet".to_owned())),
        // Docker's old link variables: a Service `redis` would set REDIS_PORT=tcp://… and break applications.
        enable_service_links: Some(false),
        host_aliases: (!pod.host_aliases.is_empty()).then_some(pod.host_aliases),
        host_ipc: pod.host_ipc.then_some(true),
        host_network: pod.host_network.then_some(true),
        host_pid: pod.host_pid.then_some(true),
        host_users: pod.host_users,
        hostname: pod.hostname,
        image_pull_secrets: (!pod.image_pull_secrets.is_empty())
            .then(|| pod.image_pull_secrets.into_iter().map(|name| LocalObjectReference { name }).collect()),
        init_containers: (!init_containers.is_empty()).then_some(init_containers),
        node_selector: (!pod.node_selector.is_empty()).then_some(pod.node_selector),
        restart_policy: (!restarts).then(|| if pod.never_restarts { "Never" } else { "OnFailure" }.to_owned()),
        runtime_class_name: pod.runtime_class,
        security_context: (security != PodSecurityContext::default()).then_some(security),
        service_account_name: pod.service_account,
        // An API server refuses both together, and the node's processes include its own.
        share_process_namespace: (pod.share_process_namespace && !pod.host_pid).then_some(true),
        subdomain: pod.subdomain,
        termination_grace_period_seconds: pod.grace_seconds,
        topology_spread_constraints: spread,
        volumes: (!volumes.is_empty()).then(|| volumes.into_values().map(|volume| *volume).collect()),
        ..PodSpec::default()
    };
    let metadata = ObjectMeta {
        labels: Some(pod_labels),
        annotations: (!pod.annotations.is_empty()).then_some(pod.annotations),
        ..ObjectMeta::default()
    };
    PodTemplateSpec { metadata: Some(metadata), spec: Some(spec) }
}

fn spread(topology_key: String, selector: &BTreeMap<String, String>) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        label_selector: Some(label_selector(selector)),
        max_skew: 1,
        topology_key,
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        ..TopologySpreadConstraint::default()
    }
}

/// The node's labels, and the node of the other pods that mount the same volume. Every sharer carries the volume's label
/// itself, so the first pod is scheduled anywhere.
fn affinity(requirements: Vec<k8s_openapi::api::core::v1::NodeSelectorRequirement>, shared: &BTreeMap<String, String>) -> Option<Affinity> {
    let node_affinity = (!requirements.is_empty()).then(|| NodeAffinity {
        required_during_scheduling_ignored_during_execution: Some(NodeSelector {
            node_selector_terms: vec![NodeSelectorTerm { match_expressions: Some(requirements), match_fields: None }],
        }),
        ..NodeAffinity::default()
    });
    let terms: Vec<PodAffinityTerm> = shared
        .iter()
        .map(|(key, value)| PodAffinityTerm {
            label_selector: Some(label_selector(&BTreeMap::from([(key.clone(), value.clone())]))),
            topology_key: "kubernetes.io/hostname".to_owned(),
            ..PodAffinityTerm::default()
        })
        .collect();
    let pod_affinity = (!terms.is_empty())
        .then(|| PodAffinity { required_during_scheduling_ignored_during_execution: Some(terms), ..PodAffinity::default() });
    (node_affinity.is_some() || pod_affinity.is_some()).then_some(Affinity { node_affinity, pod_affinity, pod_anti_affinity: None })
}

fn label_selector(labels: &BTreeMap<String, String>) -> LabelSelector {
    LabelSelector { match_labels: Some(labels.clone()), match_expressions: None }
}

fn resource(
    owner: &ServicePlan<'_>,
    mut metadata: ObjectMeta,
    selector: BTreeMap<String, String>,
    template: PodTemplateSpec,
    workload: WorkloadDraft,
) -> Resource {
    let selector = label_selector(&selector);
    let is_on_host = template.spec.as_ref().is_some_and(|spec| spec.host_network == Some(true));
    match owner.kind {
        Kind::DaemonSet => DaemonSet {
            metadata,
            spec: Some(DaemonSetSpec {
                min_ready_seconds: workload.min_ready_seconds,
                selector,
                template,
                update_strategy: daemon_set_strategy(&workload),
                ..DaemonSetSpec::default()
            }),
            ..DaemonSet::default()
        }
        .into(),
        Kind::StatefulSet => StatefulSet {
            metadata,
            spec: Some(StatefulSetSpec {
                min_ready_seconds: workload.min_ready_seconds,
                // Members of one cluster may start together; order among services is that of their waits.
                pod_management_policy: (owner.replicas > 1).then(|| "Parallel".to_owned()),
                persistent_volume_claim_retention_policy: (!workload.claim_templates.is_empty()).then(|| {
                    StatefulSetPersistentVolumeClaimRetentionPolicy {
                        when_deleted: Some("Retain".to_owned()),
                        when_scaled: Some("Retain".to_owned()),
                    }
                }),
                replicas: owner.has_replicas_field().then_some(owner.replicas),
                selector,
                service_name: Some(super::services::governing_name(owner).to_string()),
                template,
                update_strategy: Some(StatefulSetUpdateStrategy {
                    type_: Some("RollingUpdate".to_owned()),
                    rolling_update: None::<RollingUpdateStatefulSetStrategy>,
                }),
                volume_claim_templates: (!workload.claim_templates.is_empty()).then_some(workload.claim_templates),
                ..StatefulSetSpec::default()
            }),
            ..StatefulSet::default()
        }
        .into(),
        Kind::Job | Kind::CronJob => {
            let spec = JobSpec {
                backoff_limit: workload.backoff_limit,
                completions: (owner.replicas > 1).then_some(owner.replicas),
                parallelism: (owner.replicas > 1).then_some(owner.replicas),
                // A service of no containers; one with a schedule is written so for Swarm.
                suspend: (owner.replicas == 0 && owner.kind == Kind::Job).then_some(true),
                template,
                ..JobSpec::default()
            };
            if owner.kind == Kind::CronJob {
                return CronJob {
                    metadata,
                    spec: CronJobSpec {
                        concurrency_policy: Some(owner.chosen.concurrency.as_ref().map_or("Forbid", |policy| policy.value).to_owned()),
                        job_template: JobTemplateSpec { metadata: None, spec: Some(spec) },
                        schedule: owner.schedule.clone().unwrap_or_default().to_string(),
                        ..CronJobSpec::default()
                    },
                    ..CronJob::default()
                }
                .into();
            }
            metadata.name = Some(job_name(owner, &spec).to_string());
            Job { metadata, spec: Some(spec), ..Job::default() }.into()
        }
        _ => Deployment {
            metadata,
            spec: Some(DeploymentSpec {
                min_ready_seconds: workload.min_ready_seconds,
                progress_deadline_seconds: workload.progress_deadline_seconds,
                replicas: owner.has_replicas_field().then_some(owner.replicas),
                selector,
                strategy: deployment_strategy(owner, is_on_host, &workload),
                template,
                ..DeploymentSpec::default()
            }),
            ..Deployment::default()
        }
        .into(),
    }
}

/// A Job's name carries the hash of its template, since templates are immutable: a change makes a new Job.
fn job_name(owner: &ServicePlan<'_>, spec: &JobSpec) -> SmolStr {
    let mut hash = ContentHash::new();
    // Serialising typed values of our own can't fail; an empty text would only make the name the same for all.
    hash.part(serde_json::to_string(&spec.template).unwrap_or_default());
    with_suffix(&owner.name, &hash.finish(), windlass_k8s::name::LABEL_LIMIT)
}

fn count(number: u64) -> IntOrString {
    IntOrString::Int(i32::try_from(number).unwrap_or(i32::MAX))
}

/// `parallelism` and `order` as surge or absence. Docker's default replaces one at a time, stopping first.
fn deployment_strategy(owner: &ServicePlan<'_>, is_on_host: bool, workload: &WorkloadDraft) -> Option<DeploymentStrategy> {
    if workload.exclusive_claim {
        return Some(DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None });
    }
    // Two pods of one node's network can't listen on one port.
    if workload.parallelism.is_none() && workload.start_first.is_none() && !is_on_host {
        return None;
    }
    // 0 is "all at once".
    let at_once = match workload.parallelism {
        Some(0) => count(u64::try_from(owner.replicas.max(1)).unwrap_or(1)),
        Some(number) => count(number),
        None => count(1),
    };
    let (max_surge, max_unavailable) = if workload.start_first == Some(true) { (at_once, count(0)) } else { (count(0), at_once) };
    Some(DeploymentStrategy {
        type_: Some("RollingUpdate".to_owned()),
        rolling_update: Some(RollingUpdateDeployment { max_surge: Some(max_surge), max_unavailable: Some(max_unavailable) }),
    })
}

fn daemon_set_strategy(workload: &WorkloadDraft) -> Option<DaemonSetUpdateStrategy> {
    let parallelism = workload.parallelism.filter(|number| *number > 0)?;
    let (max_surge, max_unavailable) =
        if workload.start_first == Some(true) { (count(parallelism), count(0)) } else { (count(0), count(parallelism)) };
    Some(DaemonSetUpdateStrategy {
        type_: Some("RollingUpdate".to_owned()),
        rolling_update: Some(RollingUpdateDaemonSet { max_surge: Some(max_surge), max_unavailable: Some(max_unavailable) }),
    })
}
