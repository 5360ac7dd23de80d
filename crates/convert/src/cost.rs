//! What objects ask of a cluster: CPU, memory and storage of each service and in all, and the nodes that hold them.
//!
//! In: the objects of a conversion. Out: numbers. Prices are the user's own (`prices.rs`); forms of the result are in room `report`.

mod nodes;
mod prices;

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use windlass_k8s::quantity::Amount;
use windlass_k8s::{Kind, Object, ObjectRef, Objects};

pub use nodes::{Fit, MAX_PODS};
pub use prices::{HOURS, Prices, prices_schema};

/// What a stack asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Its containers, by the order of the workloads.
    pub services: Vec<ServiceCost>,
    /// Its claims by name, then those that StatefulSets make.
    pub claims: Vec<Claim>,
    /// How many nodes of each usual size it takes.
    pub fits: Vec<Fit>,
}

/// When the pods of a service run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runs {
    /// All the time.
    Always,
    /// All the time, one on every node: DaemonSets.
    OnEachNode,
    /// For a while: Jobs, and each run of a CronJob.
    ForAWhile,
}

/// CPU in thousandths, memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
}

/// The container of a service. Services that share a pod have one each.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceCost {
    /// The service's name in Kubernetes.
    pub service: String,
    /// The workload.
    pub object: ObjectRef,
    /// When it runs.
    pub runs: Runs,
    /// How many there are: replicas, or the fewest that an autoscaler keeps; of a DaemonSet one a node, of a Job those at once.
    pub count: u32,
    /// The most that an autoscaler makes of them.
    pub at_most: Option<u32>,
    /// What one container asks for. Where only a limit is set, the API server makes it the request.
    pub requests: Resources,
    /// The CPU limit of one container, in thousandths.
    pub cpu_limit: Option<i64>,
    /// The memory limit of one container, in bytes.
    pub memory_limit: Option<i64>,
    /// Bytes of claims, of all replicas; a claim that several services mount counts with the first one.
    pub storage: i64,
}

/// A claim, or those that a StatefulSet makes of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name; that of the template and the workload.
    pub name: String,
    /// Bytes of one.
    pub size: i64,
    /// How many there are.
    pub count: u32,
    /// The services that mount it.
    pub services: Vec<String>,
}

/// The sum over services of one kind of run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Containers.
    pub count: u32,
    /// What they ask for.
    pub requests: Resources,
    /// Their limits, as far as they have one.
    pub limits: Resources,
    /// Services without a CPU limit.
    pub without_cpu_limit: Vec<String>,
    /// Services without a memory limit.
    pub without_memory_limit: Vec<String>,
}

impl Cost {
    /// What these objects ask for.
    pub fn of(objects: &Objects) -> Self {
        let mut services = Vec::new();
        let (mut pods, mut made) = (Vec::new(), Vec::new());
        let mut claims: BTreeMap<String, Claim> = objects.all().map(|claim| (name_of(claim), claim_of(claim, 1))).collect();
        let scaled: BTreeMap<(&str, &str), (u32, u32)> = objects.all().map(scaler).collect();
        for object in objects.workloads() {
            let Some(spec) = object.resource.pod_spec() else { continue };
            let range = scaled.get(&(object.kind().as_str(), object.name()));
            let (runs, mut count) = runs(object);
            if let Some((least, _)) = range {
                count = count.max(*least);
            }
            let mut templates = templates(object, count);
            for container in spec.containers.iter().chain(spec.init_containers.iter().flatten().filter(|one| is_sidecar(one))) {
                let storage = storage(container, spec, &mut templates, &mut claims);
                services.push(ServiceCost {
                    service: container.name.clone(),
                    object: object.reference(),
                    runs,
                    count,
                    at_most: range.map(|(_, most)| *most),
                    requests: requests(container),
                    cpu_limit: limit(container, "cpu").map(Amount::ceil_thousandths),
                    memory_limit: limit(container, "memory").map(Amount::ceil),
                    storage,
                });
            }
            made.extend(templates.into_values());
            pods.push(nodes::Pods { object: object.reference(), runs, count, each: pod_requests(spec) });
        }
        let fits = nodes::fits(&pods);
        Self { services, claims: claims.into_values().chain(made).collect(), fits }
    }

    /// The services of one kind of run.
    pub fn running(&self, runs: Runs) -> impl Iterator<Item = &ServiceCost> {
        self.services.iter().filter(move |service| service.runs == runs)
    }

    /// The sum over the services of one kind of run; of DaemonSets that of one node.
    pub fn total(&self, runs: Runs) -> Total {
        let mut total = Total::default();
        for service in self.running(runs) {
            total.count = total.count.saturating_add(service.count);
            total.requests.add(service.requests, service.count);
            let limits = Resources { cpu: service.cpu_limit.unwrap_or_default(), memory: service.memory_limit.unwrap_or_default() };
            total.limits.add(limits, service.count);
            if service.cpu_limit.is_none() {
                total.without_cpu_limit.push(service.service.clone());
            }
            if service.memory_limit.is_none() {
                total.without_memory_limit.push(service.service.clone());
            }
        }
        total
    }

    /// Bytes of all claims.
    pub fn storage(&self) -> i64 {
        self.claims.iter().fold(0, |sum, claim| sum.saturating_add(claim.size.saturating_mul(i64::from(claim.count))))
    }
}

impl Resources {
    fn add(&mut self, other: Self, times: u32) {
        self.cpu = self.cpu.saturating_add(other.cpu.saturating_mul(i64::from(times)));
        self.memory = self.memory.saturating_add(other.memory.saturating_mul(i64::from(times)));
    }

    fn max(self, other: Self) -> Self {
        Self { cpu: self.cpu.max(other.cpu), memory: self.memory.max(other.memory) }
    }
}

/// When the pods of a workload run, and how many at once.
fn runs(object: &Object) -> (Runs, u32) {
    let at_least_one = |number: Option<i32>| u32::try_from(number.unwrap_or(1)).unwrap_or(0);
    let job = |spec: Option<&JobSpec>| {
        let [parallel, complete] = [spec.and_then(|spec| spec.parallelism), spec.and_then(|spec| spec.completions)].map(at_least_one);
        (Runs::ForAWhile, parallel.min(complete.max(1)))
    };
    match object.kind() {
        Kind::DaemonSet => (Runs::OnEachNode, 1),
        Kind::Job => job(object.get::<Job>().and_then(|job| job.spec.as_ref())),
        Kind::CronJob => job(object.get::<CronJob>().and_then(|job| job.spec.job_template.spec.as_ref())),
        Kind::StatefulSet => (Runs::Always, at_least_one(object.get::<StatefulSet>().and_then(|set| set.spec.as_ref()?.replicas))),
        _ => (Runs::Always, at_least_one(object.get::<Deployment>().and_then(|deployment| deployment.spec.as_ref()?.replicas))),
    }
}

/// What an autoscaler scales, and between which numbers.
fn scaler(scaler: &HorizontalPodAutoscaler) -> ((&str, &str), (u32, u32)) {
    let spec = &scaler.spec;
    let number = |number: i32| u32::try_from(number).unwrap_or(0);
    let target = (spec.scale_target_ref.kind.as_str(), spec.scale_target_ref.name.as_str());
    (target, (number(spec.min_replicas.unwrap_or(1)), number(spec.max_replicas)))
}

fn name_of(claim: &PersistentVolumeClaim) -> String {
    claim.metadata.name.clone().unwrap_or_default()
}

fn claim_of(claim: &PersistentVolumeClaim, count: u32) -> Claim {
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    let size = requests.and_then(|requests| Amount::of(requests.get("storage")?)).map_or(0, Amount::ceil);
    Claim { name: name_of(claim), size, count, services: Vec::new() }
}

/// The claims that a StatefulSet makes, by the name of the template.
fn templates(object: &Object, count: u32) -> BTreeMap<String, Claim> {
    let spec = object.get::<StatefulSet>().and_then(|set| set.spec.as_ref());
    let templates = spec.and_then(|spec| spec.volume_claim_templates.as_deref()).unwrap_or_default();
    let claim = |template: &PersistentVolumeClaim| {
        let claim = claim_of(template, count);
        (claim.name.clone(), Claim { name: format!("{}-{}", claim.name, object.name()), ..claim })
    };
    templates.iter().map(claim).collect()
}

/// Bytes of the claims that a container is the first to mount. Says on each claim that it mounts it.
fn storage(container: &Container, spec: &PodSpec, templates: &mut BTreeMap<String, Claim>, claims: &mut BTreeMap<String, Claim>) -> i64 {
    let mut bytes = 0_i64;
    let mut mounted: Vec<&str> = container.volume_mounts.iter().flatten().map(|mount| mount.name.as_str()).collect();
    mounted.sort_unstable();
    mounted.dedup();
    for name in mounted {
        let volume = spec.volumes.iter().flatten().find(|volume| volume.name == name);
        let source = volume.and_then(|volume| volume.persistent_volume_claim.as_ref());
        let claim = match source {
            Some(source) => claims.get_mut(&source.claim_name),
            None => templates.get_mut(name),
        };
        let Some(claim) = claim else { continue };
        if claim.services.is_empty() {
            bytes = bytes.saturating_add(claim.size.saturating_mul(i64::from(claim.count)));
        }
        if !claim.services.contains(&container.name) {
            claim.services.push(container.name.clone());
        }
    }
    bytes
}

fn amount(of: Option<&BTreeMap<String, Quantity>>, resource: &str) -> Option<Amount> {
    Amount::of(of?.get(resource)?)
}

fn limit(container: &Container, resource: &str) -> Option<Amount> {
    amount(container.resources.as_ref()?.limits.as_ref(), resource)
}

fn requests(container: &Container) -> Resources {
    let requested = |resource| {
        let own = container.resources.as_ref().and_then(|resources| amount(resources.requests.as_ref(), resource));
        own.or_else(|| limit(container, resource)).unwrap_or_default()
    };
    Resources { cpu: requested("cpu").ceil_thousandths(), memory: requested("memory").ceil() }
}

/// An init container that runs beside the others until they end.
fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// What the scheduler keeps free for a pod: all its containers, or an init container beside the sidecars that started before it where
/// that is more. Source: <https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers>.
fn pod_requests(spec: &PodSpec) -> Resources {
    let (mut sidecars, mut start) = (Resources::default(), Resources::default());
    for container in spec.init_containers.iter().flatten() {
        let mut together = sidecars;
        together.add(requests(container), 1);
        if is_sidecar(container) {
            sidecars = together;
        }
        start = start.max(together);
    }
    let mut all = sidecars;
    spec.containers.iter().for_each(|container| all.add(requests(container), 1));
    all.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::project;

    const SHOP: &str = "
services:
  web:
    image: acme/web
    deploy: { replicas: 3, resources: { limits: { cpus: '0.5', memory: 256m }, reservations: { cpus: '0.1', memory: 64m } } }
    volumes: ['uploads:/srv']
  log: { image: acme/log, network_mode: 'service:web', mem_limit: 32m, volumes: ['uploads:/in:ro'] }
  agent: { image: acme/agent, deploy: { mode: global, resources: { limits: { memory: 100m } } } }
  migrate: { image: acme/web, command: [migrate], labels: { swarm.cronjob.schedule: '0 3 * * *', swarm.cronjob.enable: 'true' }, cpus: 1 }
volumes: { uploads: {} }
";

    fn cost(text: &str) -> Cost {
        let outcome = project(text).options(|options| options.defaults = crate::Defaults::None).convert();
        Cost::of(&outcome.conversion.objects)
    }

    #[test]
    fn each_service_has_a_row_and_replicas_count() {
        let cost = cost(SHOP);
        let row = |service: &ServiceCost| {
            let ServiceCost { service, object, count, requests, cpu_limit, memory_limit, storage, .. } = service;
            let limits = (cpu_limit.unwrap_or(-1), memory_limit.map_or(-1, |bytes| bytes >> 20));
            format!("{service} {object} ×{count}: {}m {}Mi, at most {limits:?}, {}Gi", requests.cpu, requests.memory >> 20, storage >> 30)
        };
        let of = |runs| cost.running(runs).map(row).collect::<Vec<_>>();
        assert_eq!(
            of(Runs::Always),
            ["web Deployment/web ×3: 100m 64Mi, at most (500, 256), 5Gi", "log Deployment/web ×3: 0m 32Mi, at most (-1, 32), 0Gi"]
        );
        assert_eq!(of(Runs::OnEachNode), ["agent DaemonSet/agent ×1: 0m 100Mi, at most (-1, 100), 0Gi"]);
        assert_eq!(of(Runs::ForAWhile), ["migrate CronJob/migrate ×1: 1000m 0Mi, at most (1000, -1), 0Gi"]);
        let total = cost.total(Runs::Always);
        assert_eq!((total.count, total.requests.cpu, total.requests.memory >> 20), (6, 300, 3 * 96));
        assert_eq!((total.without_cpu_limit, total.without_memory_limit), (vec!["log".to_owned()], vec![]));
        assert_eq!(cost.claims[0].services, ["web", "log"]);
        assert_eq!(cost.storage() >> 30, 5);
    }

    #[test]
    fn a_pod_asks_for_its_largest_moment() {
        let container = |cpu: &str, sidecar: bool| Container {
            resources: Some(k8s_openapi::api::core::v1::ResourceRequirements {
                requests: Some([("cpu".to_owned(), Quantity(cpu.to_owned()))].into()),
                ..Default::default()
            }),
            restart_policy: sidecar.then(|| "Always".to_owned()),
            ..Container::default()
        };
        let check = |init: Vec<Container>, containers: Vec<Container>, expected| {
            let spec = PodSpec { init_containers: Some(init), containers, ..PodSpec::default() };
            assert_eq!(pod_requests(&spec).cpu, expected);
        };
        check(vec![], vec![container("100m", false), container("1", false)], 1100);
        check(vec![container("2", false), container("500m", true)], vec![container("100m", false)], 2000);
        check(vec![container("500m", true), container("2", false)], vec![container("100m", false)], 2500);
        check(vec![container("500m", true)], vec![container("100m", false)], 600);
    }
}
