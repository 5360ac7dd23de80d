//! Who shares a pod: `network_mode: service:x`, and `container:x` where x is the name of a container of the project.

use windlass_compose::model::NetworkMode;
use windlass_source::{Code, Diagnostic};

use super::ServicePlan;

/// Moves services into the pods whose network they share. A chain ends at its last member; the loader has refused cycles of
/// services, and one through container names leaves each in its own pod.
pub(super) fn share(services: &mut [ServicePlan<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let targets: Vec<Option<usize>> = services.iter().map(|plan| target(plan, services)).collect();
    for index in 0..services.len() {
        let mut owner = index;
        let mut steps = 0;
        while let Some(next) = targets[owner] {
            owner = next;
            steps += 1;
            if steps > targets.len() {
                let plan = &services[index];
                diagnostics.push(
                    Diagnostic::error(
                        Code("convert::network-cycle"),
                        format!("the network of `{}` leads back to itself", plan.service.name.value),
                    )
                    .label(plan.service.network_mode.as_ref().and_then(|mode| mode.span()), "")
                    .help("let one service of the circle have a network of its own"),
                );
                owner = index;
                break;
            }
        }
        services[index].pod = owner;
    }
}

fn target(plan: &ServicePlan<'_>, services: &[ServicePlan<'_>]) -> Option<usize> {
    match &plan.service.network_mode.as_ref()?.value {
        NetworkMode::Service(name) => services.iter().position(|other| other.service.name.value == *name),
        NetworkMode::Container(name) => {
            services.iter().position(|other| other.service.container_name.as_ref().is_some_and(|container| container.value == *name))
        }
        NetworkMode::Host | NetworkMode::None | NetworkMode::Bridge | NetworkMode::Other(_) => None,
    }
}
