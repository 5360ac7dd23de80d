//! Who shares a pod: `network_mode: service:x`, and `container:x` where x is the name of a container of the project.

use windlass_compose::model::NetworkMode;
use windlass_k8s::Kind;
use windlass_source::{Code, Diagnostic};

use super::ServicePlan;
use super::port::SaidBy;

/// Moves services into the pods whose network they share, where they are of the owner's kind and number. A chain ends at its
/// last member; the loader has refused cycles of services, and one through container names leaves each in its own pod.
pub(super) fn share(services: &mut [ServicePlan<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let targets: Vec<Option<usize>> = services.iter().map(|plan| target(plan, services)).collect();
    if targets.iter().all(Option::is_none) {
        return;
    }
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
        if owner != index {
            join(services, index, owner, diagnostics);
        }
    }
    separate_ports(services, diagnostics);
}

fn join(services: &mut [ServicePlan<'_>], index: usize, owner: usize, diagnostics: &mut Vec<Diagnostic>) {
    let (kind, replicas, schedule) = (services[owner].kind, services[owner].replicas, services[owner].schedule.clone());
    let owner_name = services[owner].service.name.value.clone();
    let plan = &mut services[index];
    let ends = |kind: Kind| matches!(kind, Kind::Job | Kind::CronJob);
    if ends(plan.kind) != ends(kind) {
        let (first, then, because) = if ends(kind) {
            ("does not end", "does", "a job is complete when all containers of its pod have ended")
        } else {
            ("ends", "does not", "the containers of a workload are started again whenever they end")
        };
        diagnostics.push(
            Diagnostic::warning(
                Code("convert::pod-kinds"),
                format!("`{}` {first}, and shares a pod with `{owner_name}`, which {then}", plan.service.name.value),
            )
            .label(plan.service.network_mode.as_ref().and_then(|mode| mode.span()), "it has the network of the other")
            .because(because)
            .help("give it a network of its own and let it call the other by name"),
        );
    }
    plan.pod = owner;
    plan.kind = kind;
    plan.kind_decided_by = None;
    plan.replicas = replicas;
    plan.schedule = schedule;
}

/// Containers of one pod have one network: a number belongs to one of them, and a name to one number.
fn separate_ports(services: &mut [ServicePlan<'_>], diagnostics: &mut Vec<Diagnostic>) {
    for index in 0..services.len() {
        let owner = services[index].pod;
        if owner == index {
            continue;
        }
        // The owner, and the members that came before.
        let others: Vec<usize> =
            std::iter::once(owner).chain((0..index).filter(|other| services[*other].pod == owner && *other != owner)).collect();
        for other in others {
            let taken = services[other].ports.clone();
            let name = services[other].service.name.value.clone();
            let plan = &mut services[index];
            plan.ports.retain(|port| {
                let is_same = taken.iter().any(|other| (other.number, other.transport) == (port.number, port.transport));
                // Whoever owns the pod publishes for all of it, so what is written there may well be this one's port.
                if is_same && port.said_by == SaidBy::Service {
                    diagnostics.push(
                        Diagnostic::warning(
                            Code("convert::port-taken"),
                            format!("`{}` and `{name}` share a pod and offer port {}", plan.service.name.value, port.number),
                        )
                        .label(plan.service.name.span(), "")
                        .because("containers of one pod have one network, where a number can be listened on once")
                        .help("write the port at the one that listens on it"),
                    );
                }
                !is_same
            });
            for port in &mut plan.ports {
                if taken.iter().any(|other| other.name == port.name) {
                    port.name = port.numbered();
                }
            }
        }
    }
}

fn target(plan: &ServicePlan<'_>, services: &[ServicePlan<'_>]) -> Option<usize> {
    let found = match &plan.service.network_mode.as_ref()?.value {
        NetworkMode::Service(name) => services.binary_search_by(|other| other.service.name.value.cmp(name)).ok(),
        NetworkMode::Container(name) => {
            services.iter().position(|other| other.service.container_name.as_ref().is_some_and(|container| container.value == *name))
        }
        NetworkMode::Host | NetworkMode::None | NetworkMode::Bridge | NetworkMode::Other(_) => None,
    };
    found.filter(|found| services[*found].is_converted() && plan.is_converted())
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn services_that_share_a_network_share_a_pod() {
        let outcome = project(
            "services: { app: { image: acme/app:1, network_mode: 'service:vpn', restart: 'no' }, \
             side: { image: acme/side:1, network_mode: 'container:tunnel' }, \
             vpn: { image: acme/vpn:1, container_name: tunnel } }",
        )
        .convert();
        assert_eq!(outcome.pod("Deployment/vpn", "containers").matches("image:").count(), 3);
        assert!(!outcome.names().iter().any(|name| name == "Deployment/app" || name == "Job/app"), "{:?}", outcome.names());
        assert_eq!(outcome.diagnostics()[..1], ["convert::pod-kinds: `app` ends, and shares a pod with `vpn`, which does not"]);
        assert_eq!(
            outcome.fates("services.app.network_mode"),
            "services.app.network_mode: mapped → Deployment/vpn spec.template.spec.containers[1].name (both run in one pod and share its network)"
        );
    }

    #[test]
    fn ports_of_one_pod_are_told_apart_by_number_and_name() {
        let outcome = project(
            "services: { admin: { image: acme/admin:1, network_mode: 'service:web', expose: ['9090', '8080'] }, \
             web: { image: acme/web:1, ports: [{ target: 8080, published: '8080', protocol: tcp, name: tcp-9090 }] } }",
        )
        .convert();
        assert_eq!(outcome.diagnostics()[0], "convert::port-taken: `admin` and `web` share a pod and offer port 8080");
        assert_eq!(outcome.field("Service/admin", "spec.ports[0].targetPort"), "p9090-tcp\n");
    }

    #[test]
    fn a_circle_of_networks_is_an_error() {
        let outcome = project(
            "services: { a: { image: acme/a:1, container_name: ca, network_mode: 'container:cb' }, \
             b: { image: acme/b:1, container_name: cb, network_mode: 'container:ca' } }",
        )
        .convert();
        let circles: Vec<String> = outcome.diagnostics().into_iter().filter(|line| !line.starts_with("convert::no-probe")).collect();
        assert_eq!(
            circles,
            [
                "convert::network-cycle: the network of `a` leads back to itself",
                "convert::network-cycle: the network of `b` leads back to itself"
            ]
        );
        assert!(outcome.names().contains(&"Deployment/a".to_owned()));
    }
}
