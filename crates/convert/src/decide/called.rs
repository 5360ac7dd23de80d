//! Ports that no service declares and others call: `kafka:29092` in a variable, `proxy_pass http://api:6001` in a mounted file. In Compose
//! every port of a container can be reached, a Service forwards those that it lists.

use std::collections::{BTreeMap, BTreeSet};

use super::ServicePlan;
use super::hosts::{begins_address, is_word, port_after};
use super::port::{MANY, Offered, Transport};

/// Below it are services of the first networks alone, which nobody calls any more, and versions: `redis:7` is an image.
const LOWEST: u16 = 20;

/// Gives services that offer ports those too by which variables, commands, entrypoints and the texts of files call them, their own included:
/// what a broker advertises is where its clients go. A service without ports has a headless Service, which leads to all of them. Gives the
/// ports by which each service is called, by its place.
pub(super) fn add(services: &mut [ServicePlan<'_>], files: &[&str]) -> BTreeMap<usize, BTreeSet<u16>> {
    let called = calls(services, files);
    for (&target, numbers) in &called {
        for &number in numbers {
            let pod = services[target].pod;
            let offers = |plan: &ServicePlan<'_>| plan.ports.iter().any(|port| (port.number, port.transport) == (number, Transport::Tcp));
            if services[target].ports.is_empty() || services.iter().any(|plan| plan.pod == pod && offers(plan)) {
                continue;
            }
            let ports = &mut services[target].ports;
            let mut port = Offered::called(number);
            if ports.iter().any(|other| other.name == port.name) {
                port.name = port.numbered();
            }
            ports.push(port);
            ports.sort_by_key(|port| (port.number, port.transport));
        }
    }
    called
}

fn calls(services: &[ServicePlan<'_>], files: &[&str]) -> BTreeMap<usize, BTreeSet<u16>> {
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
    let mut note = |text: &str, is_file: bool| {
        // A port stands after a colon, which few texts have.
        for (colon, _) in text.match_indices(':') {
            let Some(port) = port_after(&text[colon..]).filter(|port| *port >= LOWEST) else { continue };
            let start = text[..colon].trim_end_matches(is_word).len();
            let Some(targets) = names.get(&text[start..colon]) else { continue };
            // A variable says addresses; a file may say anything.
            if is_file && !begins_address(&text[..start]) {
                continue;
            }
            for &target in targets {
                let ports = called.entry(target).or_default();
                if ports.len() < MANY {
                    ports.insert(port);
                }
            }
        }
    };
    for plan in services {
        let service = plan.service;
        let values = service.environment.iter().filter_map(|entry| Some(entry.value.as_ref()?.as_str()));
        let arguments =
            [&service.command, &service.entrypoint].into_iter().flatten().flat_map(|line| line.iter()).map(|word| word.as_str());
        values.chain(arguments).for_each(|text| note(text, false));
    }
    files.iter().for_each(|text| note(text, true));
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
    fn a_port_by_which_a_mounted_file_calls_a_service_is_one_of_its_service() {
        let numbers = |files: &[(&str, &str)]| {
            let text = "
services:
  api: { image: acme/api, ports: ['8080:8080'] }
  web: { image: 'nginx:1.27', volumes: ['./conf.d:/etc/nginx/conf.d:ro'], configs: [targets], secrets: [dsn] }
  node: { image: acme/node, volumes: ['./data:/data', '.:/src:ro'] }
configs: { targets: { file: ./targets.yml } }
secrets: { dsn: { file: ./dsn } }
";
            let case = project(text).file("conf.d/none", "").file("data/none", "").file("targets.yml", "-").file("dsn", "-");
            let outcome = files.iter().fold(case, |case, (path, content)| case.file(path, *content)).convert();
            let ports = outcome.field("Service/api", "spec.ports");
            ports.lines().filter_map(|line| line.trim().strip_prefix("port: ")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(numbers(&[]), "8080");
        assert_eq!(
            numbers(&[("conf.d/a.conf", "proxy_pass http://api:6001;"), ("targets.yml", "targets: [\"api:2112\"]")]),
            "2112 6001 8080"
        );
        assert_eq!(numbers(&[("data/seed.ini", "servers=db:1000,api:6002"), ("dsn", "amqp://u:p@api:6003/")]), "6002 6003 8080");
        assert_eq!(numbers(&[("conf.d/b.conf", "server api:6004;\nfastcgi_pass unix:api:6005;")]), "6004 8080");
        // What lies about in the project need not run here.
        assert_eq!(numbers(&[("other/prometheus.yml", "targets: [\"api:2112\"]")]), "8080");
        // Images, paths, minified scripts and users with passwords call nobody.
        let others = "image: api:2204\nFROM api:2204\nacme/api:2204\n{a:1,api:2204}\napi:2204@db\n- api:8\napi:2204-slim";
        assert_eq!(numbers(&[("data/others", others)]), "8080");
        let many: String = (1000..2000).map(|port| format!("http://api:{port}\n")).collect();
        assert_eq!(numbers(&[("data/many", &many)]).split(' ').count(), 101);
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
