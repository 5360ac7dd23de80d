//! deploy.resources, cpus, mem_*, cpu_*, pids_limit, gpus → requests and limits.
//!
//! What the project says is taken exactly. What it leaves open comes from the image catalogue, or from amounts that fit most
//! services: an invented limit that is too low ends the container, so unknown images get a wide one.

mod devices;
mod stated;

use std::collections::{BTreeMap, BTreeSet};
use std::iter::once_with;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use windlass_compose::model::{self, Bytes, DeviceRequest, Limits, Reservations};
use windlass_images::image::Resources;
use windlass_k8s::quantity::{self, Amount};
use windlass_source::{Code, Diagnostic, Spanned};

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;
use crate::options::Defaults;

/// The attributes outside `deploy` that speak of resources.
pub(super) struct Written<'a> {
    pub(super) cpus: Option<&'a Spanned<f64>>,
    pub(super) mem_limit: Option<&'a Spanned<Bytes>>,
    pub(super) mem_reservation: Option<&'a Spanned<Bytes>>,
    pub(super) cpu_shares: Option<&'a Spanned<i64>>,
    pub(super) cpu_quota: Option<&'a Spanned<i64>>,
    pub(super) cpu_period: Option<&'a Spanned<i64>>,
    pub(super) pids_limit: Option<&'a Spanned<i64>>,
    pub(super) gpus: &'a [Spanned<DeviceRequest>],
}

/// Requests or limits by resource.
type Amounts = BTreeMap<String, Quantity>;

/// Microseconds of a scheduling period where none is written (the kernel's default).
const PERIOD: i64 = 100_000;

/// An unknown image: what most services start with, and what few exceed.
const UNKNOWN: [(&str, &str, &str); 2] = [("cpu", "100m", "1"), ("memory", "128Mi", "1Gi")];

pub(super) fn resources(
    written: &Written<'_>,
    deploy: Option<&Spanned<model::Resources>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let mut limits = Amounts::new();
    let mut requests = Amounts::new();
    if let Some(deploy) = deploy {
        let model::Resources { limits: upper, reservations, extensions } = &deploy.value;
        if let Some(upper) = upper {
            from_limits(upper, &mut limits, service, sink);
        }
        if let Some(reservations) = reservations {
            from_reservations(reservations, &mut requests, &mut limits, service, sink);
        }
        for extension in extensions {
            sink.fates.mapped_with(sink.under("deploy.resources", &extension.name), [], "an extension has no meaning of its own");
        }
    }
    from_legacy_keys(written, &mut limits, &mut requests, service, sink);
    devices::gpus(written.gpus, &mut requests, &mut limits, service, sink);
    let reserved = deploy.and_then(|deploy| deploy.value.reservations.as_ref());
    if written.gpus.is_empty() && reserved.is_none_or(|reserved| reserved.devices.is_empty()) {
        devices::by_runtime(&mut requests, &mut limits, service, sink);
    }
    keep_in_order(&mut requests, &limits, written, service, sink);
    if plan.input.options.defaults == Defaults::Inferred {
        fill(&mut requests, &mut limits, service, sink);
    }
    if !limits.is_empty() || !requests.is_empty() {
        let some = |amounts: Amounts| (!amounts.is_empty()).then_some(amounts);
        sink.draft.container.resources =
            Some(ResourceRequirements { limits: some(limits), requests: some(requests), ..ResourceRequirements::default() });
    }
}

fn place(service: &ServicePlan<'_>, side: &str, resource: &str) -> Place {
    let path = windlass_yaml::Path::root().key("resources").key(side).key(resource);
    Place { path, ..Place::container(service.index, "") }
}

fn set_cpus(path: &str, cpus: f64, side: &str, amounts: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    match quantity::cpus_from_f64(cpus).filter(|_| cpus > 0.0) {
        Some(amount) => {
            amounts.insert("cpu".to_owned(), amount);
            sink.fates.mapped(sink.at(path), once_with(|| place(service, side, "cpu")));
        }
        None => sink.fates.mapped_with(sink.at(path), [], "0 is no limit"),
    }
}

fn set_memory(path: &str, bytes: Bytes, side: &str, amounts: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    match u64::try_from(bytes.0).ok().filter(|bytes| *bytes > 0) {
        Some(bytes) => {
            amounts.insert("memory".to_owned(), quantity::bytes(bytes));
            sink.fates.mapped(sink.at(path), once_with(|| place(service, side, "memory")));
        }
        None => sink.fates.mapped_with(sink.at(path), [], "0 and -1 are no limit"),
    }
}

fn from_limits(upper: &Spanned<Limits>, limits: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Limits { cpus, memory, pids, extensions } = &upper.value;
    if let Some(cpus) = cpus {
        set_cpus("deploy.resources.limits.cpus", cpus.value, "limits", limits, service, sink);
    }
    if let Some(memory) = memory {
        set_memory("deploy.resources.limits.memory", memory.value, "limits", limits, service, sink);
    }
    if pids.is_some() {
        sink.fates.lost(sink.at("deploy.resources.limits.pids"), "the kubelet limits processes for all pods of a node (`--pod-max-pids`)");
    }
    for extension in extensions {
        sink.fates.mapped_with(sink.under("deploy.resources.limits", &extension.name), [], "an extension has no meaning of its own");
    }
}

fn from_reservations(
    reservations: &Spanned<Reservations>,
    requests: &mut Amounts,
    limits: &mut Amounts,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) {
    let Reservations { cpus, memory, generic_resources, devices, extensions } = &reservations.value;
    if let Some(cpus) = cpus {
        set_cpus("deploy.resources.reservations.cpus", cpus.value, "requests", requests, service, sink);
    }
    if let Some(memory) = memory {
        set_memory("deploy.resources.reservations.memory", memory.value, "requests", requests, service, sink);
    }
    if !generic_resources.is_empty() {
        let path = sink.at("deploy.resources.reservations.generic_resources");
        sink.fates.lost(path, "resources that a Swarm's nodes name; ask for the resource of a device plugin instead");
    }
    devices::reserved(devices, requests, limits, service, sink);
    for extension in extensions {
        sink.fates.mapped_with(sink.under("deploy.resources.reservations", &extension.name), [], "an extension has no meaning of its own");
    }
}

/// The keys of version 2 files. What `deploy` says of the same thing wins; docker compose refuses different values of both.
fn from_legacy_keys(written: &Written<'_>, limits: &mut Amounts, requests: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Written { cpus, mem_limit, mem_reservation, cpu_shares, cpu_quota, cpu_period, pids_limit, gpus: _ } = written;
    if let Some(cpus) = cpus {
        set_cpus("cpus", cpus.value, "limits", limits, service, sink);
    }
    if let Some(memory) = mem_limit {
        set_memory("mem_limit", memory.value, "limits", limits, service, sink);
    }
    if let Some(memory) = mem_reservation {
        set_memory("mem_reservation", memory.value, "requests", requests, service, sink);
    }
    if let Some(quota) = cpu_quota {
        let period = cpu_period.map_or(PERIOD, |period| period.value).max(1);
        if limits.contains_key("cpu") {
            sink.fates.mapped_with(sink.at("cpu_quota"), [], "the limit is given by another attribute");
        } else {
            set_cpus("cpu_quota", quota.value as f64 / period as f64, "limits", limits, service, sink);
        }
    }
    if cpu_period.is_some() {
        let path = sink.at("cpu_period");
        match cpu_quota {
            Some(_) => {
                sink.fates.approximated(path, [place(service, "limits", "cpu")], "as a part of the limit; the kubelet's period is 100 ms")
            }
            None => sink.fates.lost(path, "the kubelet's period is 100 ms"),
        }
    }
    if let Some(shares) = cpu_shares {
        let path = sink.at("cpu_shares");
        if requests.contains_key("cpu") || shares.value <= 0 {
            sink.fates.mapped_with(path, [], "the share follows from the request, which another attribute gives");
        } else {
            // 1024 shares are one CPU, in Docker's weights and in the kubelet's.
            let thousandths = u64::try_from(shares.value).unwrap_or_default().saturating_mul(1000).div_ceil(1024);
            requests.insert("cpu".to_owned(), quantity::millicpus(thousandths));
            sink.fates.approximated(path, [place(service, "requests", "cpu")], "1024 shares are one CPU, which is also set aside");
        }
    }
    if pids_limit.is_some() {
        sink.fates.lost(sink.at("pids_limit"), "the kubelet limits processes for all pods of a node (`--pod-max-pids`)");
    }
}

/// A request above its limit is refused by the API server; docker compose lets it pass.
fn keep_in_order(requests: &mut Amounts, limits: &Amounts, written: &Written<'_>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    for (resource, limit) in limits {
        let Some(request) = requests.get_mut(resource) else { continue };
        if Amount::of(request) <= Amount::of(limit) {
            continue;
        }
        let reserved = service.service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref()?.reservations.as_ref());
        let (path, span) = match resource.as_str() {
            "memory" => match written.mem_reservation {
                Some(reservation) => ("mem_reservation", reservation.span()),
                None => ("deploy.resources.reservations.memory", reserved.and_then(|reserved| reserved.memory.as_ref()?.span())),
            },
            _ => match written.cpu_shares.filter(|_| reserved.is_none_or(|reserved| reserved.cpus.is_none())) {
                Some(shares) => ("cpu_shares", shares.span()),
                None => ("deploy.resources.reservations.cpus", reserved.and_then(|reserved| reserved.cpus.as_ref()?.span())),
            },
        };
        sink.fates.approximated(sink.at(path), [place(service, "requests", resource)], "lowered to the limit");
        // Shares are a weight, not a demand.
        if path != "cpu_shares" {
            sink.diagnostics.push(
                Diagnostic::warning(
                    Code("convert::request-over-limit"),
                    format!("`{}` reserves more {resource} than it may use", service.service.name.value),
                )
                .label(span, "lowered to the limit")
                .because(format!("{} is reserved, {} is the limit; an API server refuses that", request.0, limit.0))
                .help("raise the limit or lower the reservation"),
            );
        }
        *request = limit.clone();
    }
}

/// Fills in what nobody wrote.
fn fill(requests: &mut Amounts, limits: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let known = service.image.server();
    for (resource, small, wide) in UNKNOWN {
        let (request, limit, because) = match known {
            Some(image) => {
                let Resources { requests, limits, min_memory: _ } = &image.resources;
                let amounts = if resource == "cpu" { (&requests.cpu, &limits.cpu) } else { (&requests.memory, &limits.memory) };
                (Quantity(amounts.0.clone()), Quantity(amounts.1.clone()), format!("a small production of `{}`", image.name))
            }
            None => (Quantity(small.to_owned()), Quantity(wide.to_owned()), "nothing is known of what it needs".to_owned()),
        };
        // Another program of an image has much of what its server has; too low a limit ends it.
        let beside = service.image.entry().filter(|image| known.is_none() && resource == "memory" && image.is_server());
        let beside = beside.map(|image| (Quantity(image.resources.limits.memory.clone()), image.name));
        let minimum = known.and_then(|image| image.resources.min_memory.clone()).filter(|_| resource == "memory").map(Quantity);
        match limits.get(resource) {
            None => {
                // Never below what is set aside, nor below what the image needs to start.
                let limit = [requests.get(resource), minimum.as_ref()].into_iter().flatten().fold(limit, at_least);
                let (limit, because) = match beside.filter(|(most, _)| Amount::of(&limit) < Amount::of(most)) {
                    Some((most, name)) => (most, format!("as much as the server of `{name}`, whose image it is")),
                    None => (limit, because.clone()),
                };
                let stated = (resource == "memory").then(|| stated::memory(service.service, known.map(|image| image.name))).flatten();
                let stated = stated.map(|(bytes, by)| (quantity::bytes(bytes.saturating_add(bytes / 2).unsigned_abs()), by));
                let (limit, because) = match stated.filter(|(room, _)| Amount::of(&limit) < Amount::of(room)) {
                    Some((room, by)) => (room, format!("half as much again as `{by}` says")),
                    None => (limit, because),
                };
                let (limit, because) = if resource == "memory" { with_files(limit, because, service, sink) } else { (limit, because) };
                inferred("limits", resource, &limit, &because, service, sink);
                limits.insert(resource.to_owned(), limit);
            }
            Some(limit) => {
                if let (Some(minimum), Some(image)) = (&minimum, known)
                    && Amount::of(limit) < Amount::of(minimum)
                {
                    sink.diagnostics.push(
                        Diagnostic::warning(
                            Code("convert::too-little-memory"),
                            format!("`{}` may use {} of memory, which is too little", service.service.name.value, limit.0),
                        )
                        .label(service.service.name.span(), "")
                        .because(format!("`{}` needs {} by its documentation ({})", image.name, minimum.0, image.documentation))
                        .help("raise the limit"),
                    );
                }
            }
        }
        if !requests.contains_key(resource) {
            let request = limits.get(resource).filter(|limit| Amount::of(&request) > Amount::of(limit)).cloned().unwrap_or(request);
            inferred("requests", resource, &request, &because, service, sink);
            requests.insert(resource.to_owned(), request);
        }
    }
}

/// A limit with room for what the container keeps in memory as files, which counts as its own: `shm_size` and each tmpfs with a size.
fn with_files(mut limit: Quantity, mut because: String, service: &ServicePlan<'_>, sink: &Sink<'_>) -> (Quantity, String) {
    let in_memory = in_memory(sink);
    let shared = service.service.shm_size.as_ref().map_or(0, |size| size.0.clamp(0, in_memory));
    let others = in_memory - shared;
    let named = [(shared, "`shm_size`"), (others, "its tmpfs")].into_iter().filter(|(bytes, _)| *bytes > 0);
    let named: Vec<&str> = named.map(|(_, name)| name).collect();
    if !named.is_empty() {
        limit = beside(limit, in_memory);
        because = format!("{because}, and {}, which counts as the container's memory", named.join(" and "));
    }
    (limit, because)
}

/// The bytes of the volumes in memory that the container mounts, as far as they have a size.
fn in_memory(sink: &Sink<'_>) -> i64 {
    let mounted: BTreeSet<&str> = sink.draft.container.volume_mounts.iter().flatten().map(|mount| mount.name.as_str()).collect();
    let sizes = mounted.into_iter().filter_map(|name| {
        let directory = sink.draft.volumes.get(name)?.empty_dir.as_ref()?;
        let size = directory.size_limit.as_ref().filter(|_| directory.medium.as_deref() == Some("Memory"))?;
        Amount::of(size).map(|size| size.ceil())
    });
    sizes.fold(0, i64::saturating_add)
}

/// An amount of memory with more bytes.
fn beside(amount: Quantity, more: i64) -> Quantity {
    let sum = Amount::of(&amount).and_then(|amount| u64::try_from(amount.ceil().saturating_add(more)).ok());
    sum.map_or(amount, quantity::bytes)
}

/// The larger of two.
fn at_least(amount: Quantity, least: &Quantity) -> Quantity {
    if Amount::of(&amount) < Amount::of(least) { least.clone() } else { amount }
}

fn inferred(side: &str, resource: &str, amount: &Quantity, because: &str, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let key = if resource == "cpu" { "cpus" } else { resource };
    let section = if side == "limits" { "limits" } else { "reservations" };
    sink.fates.inferred(
        service.index,
        place(service, side, resource),
        amount.0.clone(),
        because,
        format!("deploy.resources.{section}.{key}"),
    );
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    fn web(service: &str) -> Outcome {
        project(&format!("services: {{ web: {{ {service} }} }}")).convert()
    }

    fn resources(service: &str) -> String {
        web(service).pod("Deployment/web", "containers[0].resources")
    }

    #[test]
    fn shared_memory_adds_to_a_limit_that_nobody_wrote() {
        let limit = |service: &str| web(service).pod("Deployment/web", "containers[0].resources.limits.memory");
        assert_eq!(limit("image: 'acme/web:1'"), "1Gi\n");
        assert_eq!(limit("image: 'acme/web:1', shm_size: 1gb"), "2Gi\n");
        assert_eq!(limit("image: 'acme/web:1', shm_size: 1gb, mem_limit: 1g"), "1Gi\n");
    }

    #[test]
    fn another_program_of_an_image_may_use_as_much_memory_as_its_server() {
        let worker = web("image: 'apache/airflow:3.0.0', command: celery worker");
        let resources = worker.pod("Deployment/web", "containers[0].resources");
        assert!(resources.contains("memory: 2Gi") && resources.contains("memory: 128Mi"), "{resources}");
        let because = "as much as the server of `airflow`, whose image it is";
        assert!(worker.inferred().contains(because), "{}", worker.inferred());
        assert!(
            web("image: 'python:3.12', command: python app.py").pod("Deployment/web", "containers[0].resources").contains("memory: 1Gi")
        );
    }

    fn kind(outcome: &Outcome) -> String {
        outcome.names().into_iter().find(|name| ["Deployment/web", "StatefulSet/web"].contains(&name.as_str())).unwrap_or_default()
    }

    #[test]
    fn a_tmpfs_with_a_size_adds_to_a_limit_that_nobody_wrote() {
        let limit = |service: &str| web(service).pod("Deployment/web", "containers[0].resources.limits.memory");
        assert_eq!(limit("image: 'acme/web:1', tmpfs: ['/run:size=2g', '/tmp:size=1g', /cache]"), "4Gi\n");
        assert_eq!(limit("image: 'acme/web:1', tmpfs: '/run:size=2g', mem_limit: 1g"), "1Gi\n");
        let long = "image: 'acme/web:1', shm_size: 1gb, volumes: [{ type: tmpfs, target: /run, tmpfs: { size: 2g } }]";
        assert_eq!(limit(long), "4Gi\n");
        let because = "and `shm_size` and its tmpfs, which counts as the container's memory";
        assert!(web(long).inferred().contains(because), "{}", web(long).inferred());
        let database = web("image: 'postgres:16', tmpfs: '/var/lib/postgresql/data:size=4g'");
        assert_eq!(database.pod(&kind(&database), "containers[0].resources.limits.memory"), "5Gi\n");
    }

    #[test]
    fn what_is_written_is_taken_exactly() {
        let deploy =
            "deploy: { resources: { limits: { cpus: '1.5', memory: 512M, pids: 50 }, reservations: { cpus: '0.25', memory: 128M } } }";
        insta::assert_snapshot!(resources(&format!("image: 'acme/web:1', {deploy}")), @"
        limits:
          cpu: 1500m
          memory: 512Mi
        requests:
          cpu: 250m
          memory: 128Mi
        ");
        insta::assert_snapshot!(web(&format!("image: 'acme/web:1', {deploy}")).fates("services.web.deploy"), @"
        services.web.deploy.resources.limits.cpus: mapped → Deployment/web spec.template.spec.containers[0].resources.limits.cpu
        services.web.deploy.resources.limits.memory: mapped → Deployment/web spec.template.spec.containers[0].resources.limits.memory
        services.web.deploy.resources.limits.pids: lost (the kubelet limits processes for all pods of a node (`--pod-max-pids`))
        services.web.deploy.resources.reservations.cpus: mapped → Deployment/web spec.template.spec.containers[0].resources.requests.cpu
        services.web.deploy.resources.reservations.memory: mapped → Deployment/web spec.template.spec.containers[0].resources.requests.memory
        ");
        assert_eq!(resources("image: 'acme/web:1', cpus: 1.5, mem_limit: 512m, mem_reservation: 128m").matches("512Mi").count(), 1);
    }

    #[test]
    fn what_is_left_open_is_wide_for_an_unknown_image_and_known_for_others() {
        insta::assert_snapshot!(resources("image: 'acme/web:1'"), @r#"
        limits:
          cpu: "1"
          memory: 1Gi
        requests:
          cpu: 100m
          memory: 128Mi
        "#);
        insta::assert_snapshot!(web("image: 'postgres:17', deploy: { resources: { limits: { memory: 100M } } }").pod("StatefulSet/web", "containers[0].resources"), @r#"
        limits:
          cpu: "2"
          memory: 100Mi
        requests:
          cpu: 250m
          memory: 100Mi
        "#);
        insta::assert_snapshot!(web("image: 'acme/web:1'").inferred(), @r#"
        Deployment/web spec.template.spec.containers[0].resources.limits.cpu = "1" (nothing is known of what it needs; deploy.resources.limits.cpus)
        Deployment/web spec.template.spec.containers[0].resources.requests.cpu = "100m" (nothing is known of what it needs; deploy.resources.reservations.cpus)
        Deployment/web spec.template.spec.containers[0].resources.limits.memory = "1Gi" (nothing is known of what it needs; deploy.resources.limits.memory)
        Deployment/web spec.template.spec.containers[0].resources.requests.memory = "128Mi" (nothing is known of what it needs; deploy.resources.reservations.memory)
        Deployment/web spec.template.spec.containers[0].securityContext.seccompProfile.type = "RuntimeDefault" (Docker's default, which Kubernetes does not have; security_opt)
        "#);
    }

    #[test]
    fn a_limit_is_never_below_its_request() {
        let outcome =
            web("image: 'acme/web:1', deploy: { resources: { limits: { memory: 64M }, reservations: { memory: 128M, cpus: '4' } } }");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].resources"), @r#"
        limits:
          cpu: "4"
          memory: 64Mi
        requests:
          cpu: "4"
          memory: 64Mi
        "#);
        assert!(outcome.diagnostics().contains(&"convert::request-over-limit: `web` reserves more memory than it may use".to_owned()));
        assert!(outcome.fates("services.web.deploy.resources.reservations.memory").contains("approximated"));
    }

    #[test]
    fn the_old_keys_are_limits_and_shares_too() {
        let outcome = web("image: 'acme/web:1', cpu_quota: 50000, cpu_period: 100000, cpu_shares: 512, pids_limit: 10");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].resources"), @"
        limits:
          cpu: 500m
          memory: 1Gi
        requests:
          cpu: 500m
          memory: 128Mi
        ");
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.cpu_quota: mapped → Deployment/web spec.template.spec.containers[0].resources.limits.cpu
        services.web.cpu_period: approximated → Deployment/web spec.template.spec.containers[0].resources.limits.cpu (as a part of the limit; the kubelet's period is 100 ms)
        services.web.cpu_shares: approximated → Deployment/web spec.template.spec.containers[0].resources.requests.cpu (1024 shares are one CPU, which is also set aside)
        services.web.pids_limit: lost (the kubelet limits processes for all pods of a node (`--pod-max-pids`))
        ");
    }

    #[test]
    fn the_runtime_of_nvidia_asks_for_the_devices_that_are_visible() {
        let with =
            |visible: &str| web(&format!("image: 'acme/web:1', runtime: nvidia, environment: {{ NVIDIA_VISIBLE_DEVICES: '{visible}' }}"));
        let number = |outcome: &Outcome| outcome.pod("Deployment/web", "containers[0].resources.limits[\"nvidia.com/gpu\"]");
        assert_eq!(number(&with("0,1")), "\"2\"\n");
        assert!(with("0,1").inferred().contains("as many devices in `NVIDIA_VISIBLE_DEVICES`"), "{}", with("0,1").inferred());
        let warns = |outcome: &Outcome| outcome.diagnostics().contains(&"convert::devices: `web` asks for all devices".to_owned());
        assert!(warns(&with("all")) && warns(&web("image: 'acme/web:1', runtime: nvidia")));
        assert!(!warns(&with("none")) && !warns(&web("image: 'acme/web:1', runtime: nvidia, gpus: [{ count: 1 }]")));
    }

    #[test]
    fn devices_are_asked_for_by_number() {
        let gpus =
            |devices: &str| web(&format!("image: 'acme/web:1', deploy: {{ resources: {{ reservations: {{ devices: [{devices}] }} }} }}"));
        let two =
            gpus("{ driver: nvidia, count: 1, capabilities: [gpu] }, { driver: nvidia, device_ids: ['0', '3'], capabilities: [gpu] }");
        assert_eq!(two.pod("Deployment/web", "containers[0].resources.limits[\"nvidia.com/gpu\"]"), "\"3\"\n");
        assert!(two.fates("services.web.deploy.resources.reservations.devices[1].device_ids").contains("approximated"));
        let all = gpus("{ count: all, capabilities: [gpu] }");
        assert!(all.fates("services.web").contains("refused (a pod asks for a number of devices"));
        assert!(all.diagnostics().contains(&"convert::devices: `web` asks for all devices".to_owned()));
        assert!(web("image: 'acme/web:1', gpus: all").diagnostics().contains(&"convert::devices: `web` asks for all devices".to_owned()));
    }
}
