//! Third phase: objects from drafts, and what spans several services.

mod availability;
mod claims;
mod defaults;
mod policies;
mod services;
mod workload;

use smol_str::SmolStr;
use windlass_k8s::name::{SUBDOMAIN_LIMIT, with_suffix};
use windlass_k8s::{Object, Objects};
use windlass_source::Diagnostic;

use crate::decide::Plan;
use crate::draft::Draft;
use crate::fates::Fates;
use crate::layout::{Home, Layout};

/// Makes the objects. The layout says where each service's parts are.
pub(crate) fn finish(plan: &Plan<'_>, drafts: Vec<Draft>, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) -> (Objects, Layout) {
    let mut objects = Objects::new();
    let mut layout = Layout::default();
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    for service in &plan.services {
        if let Some(draft) = &mut drafts[service.index] {
            defaults::harden(service, plan, draft, fates);
            for object in std::mem::take(&mut draft.objects) {
                add(&mut objects, object, diagnostics);
            }
        }
    }
    let mut homes: Vec<Home> = Vec::with_capacity(plan.services.len());
    homes.extend(plan.services.iter().map(|service| Home {
        name: service.service.name.value.clone(),
        workload: None,
        container: 0,
        init_containers: Vec::new(),
    }));
    for owner in plan.services.iter().filter(|service| service.owns_pod()) {
        let members: Vec<_> = plan.pod_members(owner.index).collect();
        let parts: Vec<_> = members.iter().filter_map(|member| Some((*member, drafts[member.index].take()?))).collect();
        let (object, init_containers) = workload::workload(owner, parts, plan);
        for (container, member) in members.iter().enumerate() {
            let home = &mut homes[member.index];
            home.workload = Some(object.reference());
            home.container = container;
            home.init_containers.clone_from(&init_containers);
        }
        add(&mut objects, object, diagnostics);
    }
    for home in homes {
        layout.push(home);
    }
    services::services(plan, &mut objects, fates, diagnostics);
    claims::claims(plan, &mut objects, fates, diagnostics);
    availability::availability(plan, &mut objects, fates);
    policies::policies(plan, &mut objects, fates, diagnostics);
    if let Some(namespace) = &plan.input.options.namespace {
        for object in objects.iter_mut() {
            object.metadata_mut().namespace = Some(namespace.clone());
        }
    }
    (objects, layout)
}

/// The name of the Service for what a service publishes.
pub(crate) fn published_name(service: &str) -> SmolStr {
    with_suffix(service, "published", SUBDOMAIN_LIMIT.min(windlass_k8s::name::LABEL_LIMIT))
}

/// Adds an object, or says which other one has its name.
pub(crate) fn add(objects: &mut Objects, object: Object, diagnostics: &mut Vec<Diagnostic>) {
    if let Err(collision) = objects.insert(object) {
        diagnostics.push(collision.diagnostic());
    }
}
