//! What a service's attributes fill: its container, and what its pod and its workload need for it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, HostAlias, PodDNSConfig, PodSecurityContext, Volume, VolumeMount};
use smol_str::SmolStr;
use windlass_k8s::{Object, Objects, Resource};
use windlass_source::Origin;

/// The draft of one service. Attributes fill it in any order; `finish` makes objects of it.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// The container. Its name, ports, probes, resources, mounts are filled in by their attributes.
    pub(crate) container: Container,
    /// Containers that run before it, in order: waits, copies.
    pub(crate) init_containers: Vec<Container>,
    /// Volumes of the pod, by name; a volume that two containers of a pod share has one name. A map makes room for many values
    /// at once, and these are large.
    pub(crate) volumes: BTreeMap<SmolStr, Box<Volume>>,
    /// What the pod needs beside containers and volumes.
    pub(crate) pod: PodDraft,
    /// What the workload needs beside its pod.
    pub(crate) workload: WorkloadDraft,
    /// ConfigMaps, Secrets and the like that are the service's own.
    pub(crate) objects: Objects,
}

/// Fields of a pod's spec and metadata.
#[derive(Debug, Default)]
pub(crate) struct PodDraft {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) security: PodSecurityContext,
    pub(crate) host_aliases: Vec<HostAlias>,
    pub(crate) dns: Option<PodDNSConfig>,
    pub(crate) dns_policy: Option<String>,
    pub(crate) hostname: Option<String>,
    pub(crate) subdomain: Option<String>,
    pub(crate) grace_seconds: Option<i64>,
    pub(crate) host_network: bool,
    pub(crate) host_pid: bool,
    pub(crate) host_ipc: bool,
    pub(crate) host_users: Option<bool>,
    pub(crate) share_process_namespace: bool,
    /// The container of a Job is not started again.
    pub(crate) never_restarts: bool,
    pub(crate) node_selector: BTreeMap<String, String>,
    /// Requirements on nodes that a selector can't express.
    pub(crate) node_requirements: Vec<k8s_openapi::api::core::v1::NodeSelectorRequirement>,
    /// Spread over these node labels.
    pub(crate) spread_over: Vec<String>,
    pub(crate) runtime_class: Option<String>,
    pub(crate) service_account: Option<String>,
    pub(crate) image_pull_secrets: Vec<String>,
    /// Pods of one volume run on one node: labels that carry which shared volume a pod mounts.
    pub(crate) shared_volumes: BTreeMap<String, String>,
}

/// Fields of a workload's spec.
#[derive(Debug, Default)]
pub(crate) struct WorkloadDraft {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// Containers at a time that an update replaces; `None`: the kind's default.
    pub(crate) parallelism: Option<u64>,
    /// The new container starts before the old one ends.
    pub(crate) start_first: Option<bool>,
    pub(crate) min_ready_seconds: Option<i32>,
    pub(crate) progress_deadline_seconds: Option<i32>,
    /// A claim that one node at a time may mount forbids that two pods overlap.
    pub(crate) exclusive_claim: bool,
    /// Retries of a Job.
    pub(crate) backoff_limit: Option<i32>,

    pub(crate) claim_templates: Vec<k8s_openapi::api::core::v1::PersistentVolumeClaim>,
}

impl Draft {
    /// Mounts a volume of the pod and gives the mount's index; the first mount at a path stays, for a later one there is none.
    pub(crate) fn mount(&mut self, mount: VolumeMount) -> Option<usize> {
        let mounts = self.container.volume_mounts.get_or_insert_default();
        if mounts.iter().any(|other| other.mount_path == mount.mount_path) {
            return None;
        }
        mounts.push(mount);
        Some(mounts.len() - 1)
    }

    /// Adds a ConfigMap or Secret whose name carries the hash of its content: one that is there already is the same.
    pub(crate) fn embed(&mut self, resource: impl Into<Resource>, origin: Origin) {
        let object = Object::new(resource, origin);
        if !self.objects.contains(object.kind(), object.name()) {
            // Its name is free, so it is taken.
            let _ = self.objects.insert(object);
        }
    }
}
