//! The watch of pods: why a workload is not healthy stands in its pods alone. Of each pod that is in trouble one line is kept, of the others
//! nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use tokio::sync::oneshot;
use windlass_crd::v1alpha1::stack_name;
use windlass_k8s::{Kind, ObjectRef, labels};

use super::Waker;
use super::watches::{self, Patience, Trouble};
use crate::args::RunArgs;
use crate::reconcile::Shell;
use crate::reconcile::observe::{StackKey, Troubles};

/// Bytes of a cause that are told.
const LENGTH: usize = 300;

/// Starts the watch; the receiver hears of the first full list.
pub(super) fn start(client: &Client, args: &RunArgs, shell: &Arc<Shell>, waker: &Waker) -> oneshot::Receiver<()> {
    let (listed, first_list) = oneshot::channel();
    let (shell, waker) = (Arc::clone(shell), waker.clone());
    let api: Api<Pod> = match &args.watch_namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let config = watches::config().labels(&format!("{}={}", labels::MANAGED_BY, labels::MANAGER));
    tokio::spawn(async move {
        let mut listed = Some(listed);
        let mut list = BTreeMap::new();
        let mut trouble = Trouble::default();
        let mut events = watcher(api, config).backoff(Patience::default()).boxed();
        while let Some(event) = events.next().await {
            event.iter().for_each(|event| trouble.heard(event));
            let mut troubles = shell.cache.troubles.lock().unwrap_or_else(PoisonError::into_inner);
            match event {
                Ok(Event::Init) => list.clear(),
                Ok(Event::InitApply(pod)) => note(&mut list, &pod).map_or((), drop),
                Ok(Event::InitDone) => {
                    *troubles = std::mem::take(&mut list);
                    if let Some(listed) = listed.take() {
                        // Who waited may have given up.
                        let _ = listed.send(());
                    }
                }
                Ok(Event::Apply(pod)) => note(&mut troubles, &pod).iter().for_each(|stack| waker.wake(stack)),
                Ok(Event::Delete(pod)) => drop(forget(&mut troubles, &pod)),
                Err(error) => trouble.failed("Pod", &error, &shell.metrics),
            }
        }
    });
    first_list
}

/// The Stack that a pod may be of.
fn stack_of(pod: &Pod) -> Option<StackKey> {
    let project = pod.metadata.labels.as_ref()?.get(labels::PART_OF)?;
    Some((pod.metadata.namespace.clone()?, stack_name(project)))
}

/// Keeps what a pod is in trouble with; the Stack, when that is something new.
fn note(troubles: &mut Troubles, pod: &Pod) -> Option<StackKey> {
    let (Some(object), Some(cause)) = (workload(pod), cause(pod)) else { return forget(troubles, pod) };
    let stack = stack_of(pod)?;
    let told = (object, cause);
    let before = troubles.entry(stack.clone()).or_default().insert(pod.name_any(), told.clone());
    (before != Some(told)).then_some(stack)
}

fn forget(troubles: &mut Troubles, pod: &Pod) -> Option<StackKey> {
    let stack = stack_of(pod)?;
    let pods = troubles.get_mut(&stack)?;
    let was_there = pods.remove(&pod.name_any()).is_some();
    if pods.is_empty() {
        troubles.remove(&stack);
    }
    was_there.then_some(stack)
}

/// The workload that made a pod. Between a Deployment and its pods stands a ReplicaSet, which is named after it and the template.
fn workload(pod: &Pod) -> Option<ObjectRef> {
    let owner = pod.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    if owner.kind == "ReplicaSet" {
        let hash = pod.metadata.labels.as_ref()?.get("pod-template-hash")?;
        return Some(ObjectRef::new(Kind::Deployment, owner.name.strip_suffix(hash)?.strip_suffix('-')?));
    }
    let kind = [Kind::StatefulSet, Kind::DaemonSet, Kind::Job].into_iter().find(|kind| kind.as_str() == owner.kind)?;
    Some(ObjectRef::new(kind, owner.name.as_str()))
}

/// What keeps a pod from being ready, in one line; nothing while it merely starts.
fn cause(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let scheduled = status.conditions.iter().flatten().find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    if let Some(condition) = scheduled {
        return Some(line(condition.reason.as_deref().unwrap_or("Unschedulable"), condition.message.as_deref()));
    }
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    containers
        .filter(|container| !container.ready)
        .find_map(|container| Some(format!("container {}: {}", container.name, of_container(container)?)))
}

fn of_container(container: &ContainerStatus) -> Option<String> {
    let ended = |state: Option<&k8s_openapi::api::core::v1::ContainerState>| {
        let ended = state?.terminated.as_ref().filter(|ended| ended.exit_code != 0)?;
        Some(format!("{}, exit code {}", ended.reason.as_deref().unwrap_or("Error"), ended.exit_code))
    };
    let waiting = container.state.as_ref().and_then(|state| state.waiting.as_ref());
    match waiting {
        Some(waiting) => {
            let reason = waiting.reason.as_deref().filter(|reason| !["ContainerCreating", "PodInitializing"].contains(reason))?;
            // Of a container that ends again and again it matters how it ended.
            let why = ended(container.last_state.as_ref());
            Some(line(reason, why.as_deref().or(waiting.message.as_deref())))
        }
        None => ended(container.state.as_ref()),
    }
}

fn line(reason: &str, message: Option<&str>) -> String {
    let text = message.map_or_else(|| reason.to_owned(), |message| format!("{reason}: {message}"));
    text.lines().next().unwrap_or_default().chars().take(LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(status: Value) -> Pod {
        let owner = json!({ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d", "uid": "u", "controller": true });
        let labels = json!({ labels::PART_OF: "shop", "pod-template-hash": "5d" });
        let metadata = json!({ "name": "web-5d-x", "namespace": "ns", "labels": labels, "ownerReferences": [owner] });
        serde_json::from_value(json!({ "metadata": metadata, "status": status })).unwrap()
    }

    fn containers(state: Value, last: Value) -> Value {
        json!({ "containerStatuses": [{ "name": "web", "image": "a", "imageID": "", "ready": false, "restartCount": 1, "state": state, "lastState": last }] })
    }

    #[test]
    fn a_pod_is_of_the_stack_that_is_called_after_its_project() {
        let mut pod = pod(json!({}));
        for (project, stack) in [("shop", "shop"), ("my_shop", "my-shop"), ("2048", "2048")] {
            pod.metadata.labels = Some([(labels::PART_OF.to_owned(), project.to_owned())].into());
            assert_eq!(stack_of(&pod), Some(("ns".to_owned(), stack.to_owned())));
        }
    }

    #[test]
    fn what_keeps_a_pod_from_being_ready_is_told_in_a_line() {
        let told = |status: Value| cause(&pod(status)).unwrap_or_default();
        let waiting = |reason: &str, message: &str| json!({ "waiting": { "reason": reason, "message": message } });
        assert_eq!(told(containers(waiting("ContainerCreating", ""), json!({}))), "");
        assert_eq!(
            told(containers(waiting("ImagePullBackOff", "Back-off pulling image \"a\"\nmore"), json!({}))),
            "container web: ImagePullBackOff: Back-off pulling image \"a\""
        );
        let killed = json!({ "terminated": { "exitCode": 137, "reason": "OOMKilled" } });
        assert_eq!(
            told(containers(waiting("CrashLoopBackOff", "back-off 10s"), killed.clone())),
            "container web: CrashLoopBackOff: OOMKilled, exit code 137"
        );
        assert_eq!(told(containers(killed, json!({}))), "container web: OOMKilled, exit code 137");
        assert_eq!(told(containers(json!({ "running": {} }), json!({}))), "");
        let unscheduled = json!({ "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available" }] });
        assert_eq!(told(unscheduled), "Unschedulable: 0/1 nodes are available");
    }

    #[test]
    fn a_pod_that_is_well_or_gone_is_forgotten() {
        let mut troubles = Troubles::default();
        let stack = ("ns".to_owned(), "shop".to_owned());
        let bad = pod(containers(json!({ "waiting": { "reason": "ErrImagePull" } }), json!({})));
        assert_eq!(note(&mut troubles, &bad), Some(stack.clone()));
        assert_eq!(note(&mut troubles, &bad), None, "nothing new");
        assert_eq!(troubles[&stack]["web-5d-x"], (ObjectRef::new(Kind::Deployment, "web"), "container web: ErrImagePull".to_owned()));
        assert_eq!(note(&mut troubles, &pod(json!({}))), Some(stack));
        assert!(troubles.is_empty());
        note(&mut troubles, &bad);
        forget(&mut troubles, &bad);
        assert!(troubles.is_empty());
    }
}
