//! What holds of every conversion, whatever the project: each leaf has one fate, each place exists, objects fit each other, and
//! an API server would take them as far as that can be seen here.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PodSpec};
use windlass_k8s::quantity::Amount;

use windlass_k8s::write::tree;
use windlass_k8s::{Kind, Object, ObjectRef, check_references};
use windlass_yaml::{Node, Trail, Value};

use crate::{Conversion, Fate};

/// Every problem, as a line.
pub(crate) fn problems(conversion: &Conversion, project: &Node) -> Vec<String> {
    let mut problems = Vec::new();
    leaves_have_one_fate_each(conversion, project, &mut problems);
    places_exist(conversion, &mut problems);
    problems.extend(check_references(&conversion.objects).iter().map(ToString::to_string));
    for object in &conversion.objects {
        names_fit(object, &mut problems);
        if let Some(pod) = object.resource.pod_spec() {
            pod_is_valid(&object.reference(), pod, &mut problems);
        }
    }
    problems
}

fn leaves_have_one_fate_each(conversion: &Conversion, project: &Node, problems: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for entry in conversion.report.attributes() {
        let path = entry.path.to_string();
        if entry.message.contains("not considered") {
            problems.push(format!("{path} is not considered"));
        }
        if matches!(entry.fate, Fate::Lost | Fate::Refused) && (entry.message.is_empty() || !entry.becomes.is_empty()) {
            problems.push(format!("{path} is {} without a reason or with a place", entry.fate.as_str()));
        }
        if entry.fate == Fate::Approximated && entry.message.is_empty() {
            problems.push(format!("{path} is approximated without a word how"));
        }
        if !seen.insert(path.clone()) {
            problems.push(format!("{path} has two fates"));
        }
    }
    let mut leaves = BTreeSet::new();
    find_leaves(project, &mut Trail::default(), &mut leaves);
    problems.extend(leaves.difference(&seen).map(|path| format!("{path} has no fate")));
    problems.extend(seen.difference(&leaves).map(|path| format!("{path} has a fate and is not written")));
}

/// A leaf is a scalar, null, an empty list or map, or a list of words.
fn find_leaves(node: &Node, path: &mut Trail, leaves: &mut BTreeSet<String>) {
    let is_container = |node: &Node| matches!(node.value, Value::Map(_) | Value::Sequence(_));
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                path.push_key(key.as_str());
                find_leaves(value, path, leaves);
                path.pop();
            }
        }
        Value::Sequence(items) if items.iter().any(is_container) => {
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                find_leaves(item, path, leaves);
                path.pop();
            }
        }
        Value::Sequence(items) if items.iter().any(|item| item.origin.is_written()) => {
            leaves.insert(path.as_str().to_owned());
        }
        _ if node.origin.is_written() => {
            leaves.insert(path.as_str().to_owned());
        }
        _ => {}
    }
}

/// Every place of the report is a field of its object.
fn places_exist(conversion: &Conversion, problems: &mut Vec<String>) {
    let mut trees: BTreeMap<ObjectRef, Option<Node>> = BTreeMap::new();
    let report = &conversion.report;
    let becomes =
        report.attributes().flat_map(|entry| entry.becomes.iter().map(|place| (entry.path.to_string(), &place.object, &place.path)));
    let inferred = report
        .services
        .iter()
        .flat_map(|service| service.inferred.iter().map(|guess| (format!("inferred for {}", service.name), &guess.object, &guess.path)));
    for (from, object, path) in becomes.chain(inferred) {
        let value = trees
            .entry(object.clone())
            .or_insert_with(|| conversion.objects.get(object.kind, &object.name).map(|found| tree(&found.resource)));
        match value {
            None => problems.push(format!("{from}: {object} is not there")),
            Some(value) if super::descend(value, path).is_none() => problems.push(format!("{from}: {object} has no field {path}")),
            Some(_) => {}
        }
    }
}

fn names_fit(object: &Object, problems: &mut Vec<String>) {
    let limit = match object.kind() {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::CronJob => 52,
        Kind::Service | Kind::Job => 63,
        _ => 253,
    };
    let name = object.name();
    let is_valid = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    if name.is_empty() || name.len() > limit || !is_valid || name.starts_with('-') || name.ends_with('-') {
        problems.push(format!("{} has a bad name", object.reference()));
    }
}

fn pod_is_valid(object: &ObjectRef, pod: &PodSpec, problems: &mut Vec<String>) {
    let init = pod.init_containers.as_deref().unwrap_or_default();
    let mut names = BTreeSet::new();
    let mut ports: BTreeMap<&str, i32> = BTreeMap::new();
    for container in init.iter().chain(&pod.containers) {
        let mut problem = |text: String| problems.push(format!("{object} container {}: {text}", container.name));
        if !names.insert(&container.name) || container.name.len() > 63 {
            problem("its name is taken or too long".to_owned());
        }
        if container.image.as_deref().unwrap_or_default().is_empty() {
            problem("it has no image".to_owned());
        }
        container_is_valid(container, &mut problem);
        for port in container.ports.iter().flatten() {
            let name = port.name.as_deref().unwrap_or_default();
            if name.is_empty() || name.len() > 15 {
                problem(format!("port {} is called `{name}`", port.container_port));
            }
            if *ports.entry(name).or_insert(port.container_port) != port.container_port {
                problem(format!("two ports of the pod are called `{name}`"));
            }
            if !(1..=65535).contains(&port.container_port) {
                problem(format!("port {}", port.container_port));
            }
        }
    }
    for container in init {
        let resources = container.resources.as_ref();
        for resource in ["cpu", "memory"] {
            let has = |amounts: Option<&BTreeMap<String, _>>| amounts.is_some_and(|amounts| amounts.contains_key(resource));
            if !has(resources.and_then(|all| all.requests.as_ref())) || !has(resources.and_then(|all| all.limits.as_ref())) {
                problems.push(format!("{object} init container {} has no requests or limits for {resource}", container.name));
            }
        }
    }
    if pod.host_pid == Some(true) && pod.share_process_namespace == Some(true) {
        problems.push(format!("{object} shares both the host's processes and its own"));
    }
    let sysctls = pod.security_context.iter().flat_map(|context| context.sysctls.iter().flatten());
    for sysctl in sysctls {
        if pod.host_network == Some(true) && sysctl.name.starts_with("net.") {
            problems.push(format!("{object} sets {} in the host's network", sysctl.name));
        }
    }
}

fn container_is_valid(container: &Container, problem: &mut impl FnMut(String)) {
    let resources = container.resources.as_ref();
    for (resource, request) in resources.iter().flat_map(|resources| resources.requests.iter().flatten()) {
        let limit = resources.and_then(|resources| resources.limits.as_ref()?.get(resource));
        if let Some(limit) = limit
            && Amount::of(request) > Amount::of(limit)
        {
            problem(format!("requests {} {resource} of {}", request.0, limit.0));
        }
        if resource.contains('/') && limit != Some(request) {
            problem(format!("{resource} differs in requests and limits"));
        }
    }
    let probes = [&container.startup_probe, &container.readiness_probe, &container.liveness_probe];
    for probe in probes.into_iter().flatten() {
        let handlers = [probe.exec.is_some(), probe.grpc.is_some(), probe.http_get.is_some(), probe.tcp_socket.is_some()];
        if handlers.iter().filter(|is_set| **is_set).count() != 1 {
            problem("a probe has no check or two".to_owned());
        }
        if [probe.period_seconds, probe.timeout_seconds, probe.failure_threshold]
            .iter()
            .any(|number| number.is_none_or(|number| number < 1))
        {
            problem("a probe leaves a time open".to_owned());
        }
    }
    if container.liveness_probe.is_some() && container.startup_probe.is_none() {
        problem("liveness without startup".to_owned());
    }
    if let Some(context) = &container.security_context {
        if context.privileged == Some(true) && context.allow_privilege_escalation == Some(false) {
            problem("is privileged and may gain no privileges".to_owned());
        }
        if context.run_as_non_root == Some(true) && context.run_as_user == Some(0) {
            problem("runs as root and must not".to_owned());
        }
    }
    let mut paths = BTreeSet::new();
    for mount in container.volume_mounts.iter().flatten() {
        if !paths.insert(&mount.mount_path) {
            problem(format!("two mounts at {}", mount.mount_path));
        }
    }
}
