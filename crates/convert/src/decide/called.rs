//! Ports that no service declares and others call: `kafka:29092` in a variable. In Compose every port of a container can be reached,
//! a Service forwards those that it lists.

use std::collections::{BTreeMap, BTreeSet};

use super::ServicePlan;
use super::hosts::{port_after, words};
use super::port::{Offered, Transport};

/// Gives services that offer ports those too by which variables, commands and entrypoints call them, their own included: what a
/// broker advertises is where its clients go. A service without ports has a headless Service, which leads to all of them. Gives the ports
/// by which each service is called, by its place.
pub(super) fn add(services: &mut [ServicePlan<'_>]) -> BTreeMap<usize, BTreeSet<u16>> {
    let called = calls(services);
    for (&target, numbers) in &called {
        for &number in numbers {
            let pod = services[target].pod;
            let offers = |plan: &ServicePlan<'_>| plan.ports.iter().any(|port| (port.number, port.transport) == (number, Transport::Tcp));
            if services[target].ports.is_empty() || services.iter().any(|plan| plan.pod == pod && offers(plan)) {
                continue;
            }
            let ports = &mut services[target].ports;
            ports.push(Offered::called(number));
            ports.sort_by_key(|port| (port.number, port.transport));
        }
    }
    called
}

fn calls(services: &[ServicePlan<'_>]) -> BTreeMap<usize, BTreeSet<u16>> {
    // An alias or a link may be that of several; which one is meant is not known yet.
    let mut names: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for plan in services.iter().filter(|plan| plan.is_converted()) {
        names.insert(plan.service.name.as_str(), vec![plan.index]);
    }
    for plan in services.iter().filter(|plan| plan.is_converted()) {
        let service = plan.service;
        for name in [&service.container_name, &service.hostname].into_iter().flatten() {
            names.entry(name.as_str()).or_insert_with(|| vec![plan.index]);
        }
        let aliases = service.networks.iter().filter_map(|network| network.value.as_ref()).flat_map(|network| &network.aliases);
        let links = service.links.iter().filter_map(|link| {
            let (target, alias) = link.split_once(':')?;
            Some((alias, services.binary_search_by(|other| other.service.name.as_str().cmp(target)).ok()?))
        });
        for (name, target) in aliases.map(|alias| (alias.as_str(), plan.index)).chain(links) {
            let owners = names.entry(name).or_default();
            if !owners.contains(&target) {
                owners.push(target);
            }
        }
    }
    let mut called: BTreeMap<usize, BTreeSet<u16>> = BTreeMap::new();
    for plan in services {
        let service = plan.service;
        let values = service.environment.iter().filter_map(|entry| Some(entry.value.as_ref()?.as_str()));
        let arguments =
            [&service.command, &service.entrypoint].into_iter().flatten().flat_map(|line| line.iter()).map(|word| word.as_str());
        // A port stands after a colon, which few texts have.
        for text in values.chain(arguments).filter(|text| text.contains(':')) {
            for (start, word) in words(text) {
                if let Some(targets) = names.get(word)
                    && let Some(port) = port_after(&text[start + word.len()..])
                {
                    for &target in targets {
                        called.entry(target).or_default().insert(port);
                    }
                }
            }
        }
    }
    called
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn a_port_by_which_a_service_is_called_is_one_of_its_service() {
        let outcome = project(
            "services: { app: { image: acme/app:1, environment: { BROKERS: 'kafka:29092' } }, \
             kafka: { image: 'confluentinc/cp-kafka:7.6.0', environment: { KAFKA_CONTROLLER_QUORUM_VOTERS: '1@kafka:29093' }, \
             ports: [{ target: 9092, published: '9092', protocol: tcp }] } }",
        )
        .convert();
        let ports = outcome.field("Service/kafka", "spec.ports");
        let numbers: Vec<&str> = ports.lines().filter_map(|line| line.trim().strip_prefix("port: ")).collect();
        assert_eq!(numbers, ["9092", "9093", "29092", "29093"]);
        let probe = outcome.pod("StatefulSet/kafka", "containers[0].readinessProbe.tcpSocket.port");
        assert_eq!(probe, "9092\n");
        // A member of a cluster that calls itself does so before it is ready.
        assert_eq!(outcome.field("Service/kafka", "spec.publishNotReadyAddresses"), "true\n");
    }

    #[test]
    fn what_only_looks_like_a_port_is_none() {
        let urls = "A: 'postgres://db:1234@db:5432/x', B: 'db:17-alpine', C: 'db:17.2', D: 'db:0'";
        let outcome =
            project(&format!("services: {{ app: {{ image: acme/app:1, environment: {{ {urls} }} }}, db: {{ image: 'postgres:17' }} }}"))
                .convert();
        let ports = outcome.field("Service/db", "spec.ports");
        assert_eq!(ports.matches("port: ").count(), 1, "{ports}");
    }

    #[test]
    fn a_service_without_ports_stays_headless() {
        let outcome =
            project("services: { app: { image: acme/app:1, environment: { API: 'http://api:8000' } }, api: { image: acme/api:1 } }")
                .convert();
        assert_eq!(outcome.field("Service/api", "spec.clusterIP"), "None\n");
        assert_eq!(outcome.field("Service/api", "spec.ports"), "null\n");
    }
}
