//! deploy.resources, cpus, mem_*, cpu_*, pids_limit, gpus → requests and limits.
//!
//! What the project says is taken exactly. What it leaves open comes from the image catalogue, or from amounts that fit most
//! services: an invented limit that is too low ends the container, so unknown images get a wide one.

mod devices;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use windlass_compose::model::{Bytes, DeviceRequest, Limits, Reservations, Resources};
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
    deploy: Option<&Spanned<Resources>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let mut limits = Amounts::new();
    let mut requests = Amounts::new();
    if let Some(deploy) = deploy {
        let Resources { limits: upper, reservations, extensions } = &deploy.value;
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
    keep_in_order(&mut requests, &limits, service, sink);
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
            sink.fates.mapped(sink.at(path), [place(service, side, "cpu")]);
        }
        None => sink.fates.mapped_with(sink.at(path), [], "0 is no limit"),
    }
}

fn set_memory(path: &str, bytes: Bytes, side: &str, amounts: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    match u64::try_from(bytes.0).ok().filter(|bytes| *bytes > 0) {
        Some(bytes) => {
            amounts.insert("memory".to_owned(), quantity::bytes(bytes));
            sink.fates.mapped(sink.at(path), [place(service, side, "memory")]);
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
fn keep_in_order(requests: &mut Amounts, limits: &Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    for (resource, limit) in limits {
        let Some(request) = requests.get_mut(resource) else { continue };
        if Amount::of(request) > Amount::of(limit) {
            sink.diagnostics.push(
                Diagnostic::warning(
                    Code("convert::request-over-limit"),
                    format!("`{}` reserves more {resource} than it may use", service.service.name.value),
                )
                .label(
                    service.service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref()).and_then(|resources| resources.span()),
                    "",
                )
                .because(format!("{} is reserved, {} is the limit; an API server refuses that", request.0, limit.0))
                .help("raise the limit or lower the reservation; the request is lowered here"),
            );
            *request = limit.clone();
        }
    }
}

/// Fills in what nobody wrote.
fn fill(requests: &mut Amounts, limits: &mut Amounts, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let known = service.image.server().or_else(|| service.image.entry().filter(|_| service.image.runs_own_command));
    for (resource, small, wide) in UNKNOWN {
        let (request, limit, because) = match known {
            Some(image) => {
                let (request, limit) = match resource {
                    "cpu" => (&image.resources.requests.cpu, &image.resources.limits.cpu),
                    _ => (&image.resources.requests.memory, &image.resources.limits.memory),
                };
                (request.as_str(), limit.as_str(), format!("a small production of `{}`", image.name))
            }
            None => (small, wide, "nothing is known of what it needs".to_owned()),
        };
        let minimum =
            known.and_then(|image| image.resources.min_memory.as_deref()).filter(|_| resource == "memory").and_then(Amount::parse);
        let amount = |text: &str| Amount::parse(text).max(minimum);
        if !limits.contains_key(resource) {
            // Never below what is set aside.
            let request = requests.get(resource).and_then(Amount::of);
            let limit = match requests.get(resource) {
                Some(written) if request > amount(limit) => written.clone(),
                _ => Quantity(limit.to_owned()),
            };
            inferred("limits", resource, &limit, &because, service, sink);
            limits.insert(resource.to_owned(), limit);
        }
        if !requests.contains_key(resource) {
            let limit = limits.get(resource).and_then(Amount::of);
            let request = match limits.get(resource) {
                Some(written) if amount(request) > limit => written.clone(),
                _ => Quantity(request.to_owned()),
            };
            inferred("requests", resource, &request, &because, service, sink);
            requests.insert(resource.to_owned(), request);
        }
    }
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
