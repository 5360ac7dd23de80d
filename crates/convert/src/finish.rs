//! Third phase: objects from drafts, and what spans several services.

mod availability;
mod claims;
mod defaults;
mod findings;
mod non_root;
pub(crate) mod policies;
mod routes;
mod services;
pub(crate) mod waits;
mod workload;

use smol_str::SmolStr;
use windlass_k8s::name::{LABEL_LIMIT, with_suffix};
use windlass_k8s::{Kind, Object, ObjectRef, Objects};
use windlass_source::{Diagnostic, both, taken_in_parallel};

use crate::convert::WORTH_A_THREAD;
use crate::decide::route::is_variable;
use crate::decide::{Plan, ServicePlan};
use crate::draft::Draft;
use crate::fates::{Fates, Place};
use crate::layout::{Home, Layout};
use crate::report::Fate;

/// Makes the objects of the drafts, one for each service. The layout says where each service's parts are.
pub(crate) fn finish(
    plan: &Plan<'_>,
    drafts: Vec<Option<Box<Draft>>>,
    fates: &mut Fates,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Objects, Layout) {
    let mut objects = Objects::new();
    let are_kept = fates.are_kept();
    let apart = || (Part::of(are_kept, plan, services::services), Part::of(are_kept, plan, claims::claims));
    let here = || workloads(plan, drafts, &mut objects, fates, diagnostics);
    let ((services, claims), layout) = both(plan.services.len() >= WORTH_A_THREAD, apart, here);
    services.join(&mut objects, fates, diagnostics);
    routes::routes(plan, &mut objects, fates, diagnostics);
    claims.join(&mut objects, fates, diagnostics);
    findings::in_files(plan, diagnostics);
    findings::in_services(plan, diagnostics);
    availability::availability(plan, &mut objects, fates, diagnostics);
    policies::policies(plan, &mut objects, diagnostics);
    if let Some(namespace) = &plan.input.options.namespace {
        for object in objects.iter_mut() {
            object.metadata_mut().namespace = Some(namespace.clone());
        }
    }
    for service in plan.services.iter().filter(|service| service.is_converted()) {
        let accounts = service.chosen.service_account.iter().map(|account| (Kind::ServiceAccount, account));
        let secrets = service.chosen.pull_secrets.iter().map(|secret| (Kind::Secret, secret));
        for (kind, wish) in accounts.chain(secrets) {
            objects.add_external(ObjectRef::new(kind, wish.value.clone()), service.service.origin().clone());
        }
    }
    without_effect(plan, fates);
    (objects, layout)
}

/// What follows from the plan alone, made while the workloads are.
struct Part {
    objects: Objects,
    fates: Fates,
    diagnostics: Vec<Diagnostic>,
}

impl Part {
    fn of(are_kept: bool, plan: &Plan<'_>, make: fn(&Plan<'_>, &mut Objects, &mut Fates, &mut Vec<Diagnostic>)) -> Self {
        let mut part = Self { objects: Objects::new(), fates: Fates::new(are_kept), diagnostics: Vec::new() };
        make(plan, &mut part.objects, &mut part.fates, &mut part.diagnostics);
        part
    }

    fn join(self, objects: &mut Objects, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
        fates.add(vec![self.fates]);
        diagnostics.extend(self.diagnostics);
        objects.append(self.objects, |collision| diagnostics.push(collision.diagnostic()));
    }
}

/// The workloads, and what the attributes of their services brought with them.
fn workloads(
    plan: &Plan<'_>,
    mut drafts: Vec<Option<Box<Draft>>>,
    objects: &mut Objects,
    fates: &mut Fates,
    diagnostics: &mut Vec<Diagnostic>,
) -> Layout {
    for service in plan.services.iter().filter(|service| service.is_converted()) {
        if let Some(draft) = &mut drafts[service.index] {
            defaults::harden(service, plan, draft, fates);
            for object in std::mem::take(&mut draft.objects) {
                add(objects, object, diagnostics);
            }
        }
    }
    non_root::check(plan, &drafts, diagnostics);
    // The workloads that there will be, by service.
    let mut made: Vec<Option<ObjectRef>> = vec![None; plan.services.len()];
    let mut pods = Vec::with_capacity(plan.services.len());
    for owner in order(plan).into_iter().map(|index| &plan.services[index]).filter(|service| service.owns_pod() && service.is_converted()) {
        let members: Vec<_> = plan.pod_members(owner.index).collect();
        for member in &members {
            if let Some(draft) = &mut drafts[member.index] {
                waits::add_waits(member, plan, draft, &made, objects, fates, diagnostics);
            }
        }
        for member in &members {
            if drafts[member.index].as_ref().is_some_and(|draft| draft.workload.exclusive_claim) {
                workload::say_recreate(owner, fates);
            }
        }
        let parts = members.iter().filter_map(|member| Some((*member, drafts[member.index].take()?))).collect();
        // Those who wait for a Job have to know the name that it gets when it is made.
        let (name, pod) = match owner.kind {
            Kind::Job => {
                let (object, init_containers) = workload::workload(owner, parts, plan);
                (object.reference(), Pod::Made(object, init_containers))
            }
            kind => (ObjectRef::new(kind, owner.name.clone()), Pod::Drafts(parts)),
        };
        members.iter().for_each(|member| made[member.index] = Some(name.clone()));
        pods.push((owner, pod));
    }
    let workloads = taken_in_parallel(pods, WORTH_A_THREAD, |(owner, pod)| match pod {
        Pod::Made(object, init_containers) => (owner, object, init_containers),
        Pod::Drafts(parts) => {
            let (object, init_containers) = workload::workload(owner, parts, plan);
            (owner, object, init_containers)
        }
    });
    let mut homes: Vec<Home> = plan.services.iter().map(|service| Home::new(service.service.name.value.clone())).collect();
    for (owner, object, init_containers) in workloads {
        for (container, member) in plan.pod_members(owner.index).enumerate() {
            homes[member.index].settle(object.reference(), container, init_containers.clone());
        }
        add(objects, object, diagnostics);
    }
    Layout::new(homes)
}

/// What runs in one pod.
enum Pod<'a> {
    /// The workload, and the names of its init containers.
    Made(Object, Vec<SmolStr>),
    /// The services' drafts.
    Drafts(Vec<(&'a ServicePlan<'a>, Box<Draft>)>),
}

/// What a project decides about its conversion, and nothing could use.
fn without_effect(plan: &Plan<'_>, fates: &mut Fates) {
    for service in plan.services.iter().filter(|service| service.is_converted()) {
        let asked = &service.asked;
        for (at, message) in &asked.heeded {
            match is_variable(at) {
                true => fates.explain(&service.path("").join(at), message),
                false => fates.mapped_with(service.path("").join(at), [], *message),
            }
        }
        for (at, reason) in &asked.unusable {
            match is_variable(at) {
                true => fates.explain(&service.path("").join(at), reason),
                false => fates.lost(service.path("").join(at), reason.clone()),
            }
        }
        for (number, transport, at) in &asked.other_ports {
            let place = service
                .port_position(*number, *transport)
                .filter(|_| service.is_reachable())
                .map(|index| Place::object(ObjectRef::new(Kind::Service, service.name.clone()), &format!("spec.ports[{index}].port")));
            match place {
                Some(place) => fates.mapped_with(service.path("").join(at), [place], "its routers say who reaches it from outside"),
                None => fates.lost(service.path("").join(at), "nothing can reach the service"),
            }
        }
        for at in &asked.middlewares {
            fates.unless_decided(service.path("").join(at), Fate::Lost, "no route of the project goes through it");
        }
        let routes = asked.routes.iter().flat_map(|route| &route.at);
        if service.ports.is_empty() {
            for at in routes.clone() {
                let reason = "no port of the service is known, to which a route could lead; name it with `expose:`";
                fates.unless_decided(service.path("").join(at), Fate::Lost, reason);
            }
        }
        for at in service.chosen.understood().iter().chain(routes) {
            fates.unless_decided(service.path("").join(at), Fate::Lost, "it has no effect on what this service becomes");
        }
    }
}

/// The services so that each comes after those that it waits for: a Job's name is the hash of its pod, and those who wait
/// for it name it. Circles, which the loader refuses and only shared pods can make, are cut somewhere; their waits are left out.
fn order(plan: &Plan<'_>) -> Vec<usize> {
    let mut order = Vec::with_capacity(plan.services.len());
    let mut seen = vec![false; plan.services.len()];
    let mut stack: Vec<(usize, bool)> = (0..plan.services.len()).rev().map(|index| (index, false)).collect();
    while let Some((index, is_done)) = stack.pop() {
        if is_done {
            order.push(index);
            continue;
        }
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        stack.push((index, true));
        for member in plan.pod_members(plan.services[index].pod) {
            let others = member.service.depends_on.iter().filter_map(|entry| plan.service(&entry.name));
            stack.extend(others.map(|other| (other.pod, false)).filter(|(other, _)| !seen[*other]));
        }
    }
    order
}

/// The name of the Service for what a service publishes.
pub(crate) fn published_name(service: &str) -> SmolStr {
    with_suffix(service, "published", LABEL_LIMIT)
}

/// The name of the Service for what a service publishes on the nodes.
pub(crate) fn on_nodes_name(service: &str) -> SmolStr {
    with_suffix(service, "nodes", LABEL_LIMIT)
}

/// Adds an object, or says which other one has its name.
pub(crate) fn add(objects: &mut Objects, object: Object, diagnostics: &mut Vec<Diagnostic>) {
    if let Err(collision) = objects.insert(object) {
        diagnostics.push(collision.diagnostic());
    }
}
