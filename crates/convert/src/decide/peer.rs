//! Members of a cluster look each other up before they are ready; peers gated on readiness would wait for each other for ever.

use std::collections::{BTreeMap, BTreeSet};

use windlass_compose::model::Test;

use super::ServicePlan;
use super::hosts::{arguments, hosts, words};

/// Marks services whose Service has to lead to pods that are not ready: members of a cluster by the catalogue, with several replicas,
/// with their own name among the addresses that they are given, or as several services that name each other, services of any one image
/// that call each other, and those whose healthcheck makes a replica set in which they have their own name.
pub(super) fn find(services: &mut [ServicePlan<'_>]) {
    let is_clustered = |plan: &ServicePlan<'_>| plan.image.entry().is_some_and(|image| image.clustered);
    let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for plan in services.iter_mut().filter(|plan| plan.is_converted()) {
        let calls_itself = |plan: &ServicePlan<'_>| !mentions(plan, &own_names(plan), false).is_empty();
        plan.publishes_not_ready = (is_clustered(plan) && (plan.replicas > 1 || calls_itself(plan))) || checks(plan).any(makes_replica_set);
        if let Some(reference) = plan.image.reference.as_ref().filter(|_| plan.image.runs_own_command || is_clustered(plan)) {
            families.entry(reference.repository()).or_default().push(plan.index);
        }
    }
    for members in families.into_values().filter(|members| members.len() > 1) {
        let clustered = is_clustered(&services[members[0]]);
        let names: BTreeSet<&str> = members.iter().map(|member| services[*member].service.name.as_str()).collect();
        // Which of the family each member names.
        let named: BTreeMap<usize, BTreeSet<&str>> =
            members.iter().map(|&member| (member, mentions(&services[member], &names, clustered))).collect();
        let peers: Vec<usize> = members
            .iter()
            .copied()
            .filter(|member| {
                let name = services[*member].service.name.as_str();
                members.iter().any(|other| {
                    let names_back = clustered || named[member].contains(services[*other].service.name.as_str());
                    other != member && named[other].contains(name) && names_back
                })
            })
            .collect();
        if peers.len() > 1 {
            for member in peers {
                services[member].publishes_not_ready = true;
            }
        }
    }
}

/// What a service is called in its project; Docker lets it listen on any of these.
fn own_names<'s>(plan: &ServicePlan<'s>) -> BTreeSet<&'s str> {
    let service = plan.service;
    let given = [Some(&service.name), service.container_name.as_ref(), service.hostname.as_ref()].into_iter().flatten();
    let aliases = service.networks.iter().filter_map(|network| network.value.as_ref()).flat_map(|network| &network.aliases);
    given.chain(aliases).map(|name| name.as_str()).collect()
}

/// The words of a service's healthcheck.
pub(super) fn checks<'s>(plan: &ServicePlan<'s>) -> impl Iterator<Item = &'s str> {
    let test = plan.service.healthcheck.as_ref().and_then(|check| check.test.as_ref());
    let words = match test.map(|test| &test.value) {
        Some(Test::Exec(words)) => words.as_slice(),
        Some(Test::Shell(script)) => std::slice::from_ref(script),
        _ => &[],
    };
    words.iter().map(|word| word.as_str())
}

/// True for a script that makes a replica set of MongoDB: the names in it are those by which its members and clients find each other,
/// and a member has to reach itself by its own before the check can succeed.
pub(crate) fn makes_replica_set(script: &str) -> bool {
    script.contains("rs.initiate") || script.contains("rs.reconfig") || script.contains("replSetInitiate")
}

/// Which of `names` the environment or the command of a service has: as a word for members of a cluster, whose settings have
/// forms of their own (`node1=http://…`), else where a host stands.
fn mentions<'n>(plan: &ServicePlan<'_>, names: &BTreeSet<&'n str>, as_word: bool) -> BTreeSet<&'n str> {
    let service = plan.service;
    let values = service.environment.iter().filter_map(|entry| Some((entry.name.as_str(), entry.value.as_ref()?.as_str())));
    let arguments = [&service.command, &service.entrypoint].into_iter().flatten().flat_map(|line| arguments(line));
    let arguments = arguments.map(|(flag, word)| (flag, word.as_str()));
    let mut found = BTreeSet::new();
    for (variable, text) in values.chain(arguments) {
        if as_word {
            found.extend(words(text).filter_map(|(_, word)| names.get(word)).copied());
        } else {
            found.extend(hosts(variable, text).filter_map(|(_, word)| names.get(word)).copied());
        }
        if text.contains('{') && text.contains("...") {
            found.extend(names.iter().filter(|name| is_in_range(name, text)).copied());
        }
    }
    found
}

/// True for `minio2` in `http://minio{1...4}/data`, as MinIO writes its members.
fn is_in_range(name: &str, text: &str) -> bool {
    let prefix = name.trim_end_matches(|character: char| character.is_ascii_digit());
    let Ok(number) = name[prefix.len()..].parse::<u32>() else { return false };
    text.split(&format!("//{prefix}{{")).skip(1).any(|rest| {
        let range = rest.split_once('}').and_then(|(range, _)| range.split_once("..."));
        range.is_some_and(|(first, last)| match (first.parse::<u32>(), last.parse::<u32>()) {
            (Ok(first), Ok(last)) => (first..=last).contains(&number),
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    const FIELD: &str = "spec.publishNotReadyAddresses";

    #[test]
    fn a_healthcheck_that_makes_a_replica_set_keeps_the_name_of_its_member() {
        let outcome = project(
            r#"services: { mongo: { image: 'mongo:7', command: [--replSet, rs0], healthcheck: { test: "echo \"try { rs.status() } catch (err) { rs.initiate({_id:'rs0',members:[{_id:0,host:'mongo:27017'}]}) }\" | mongosh" } } }"#,
        )
        .convert();
        assert_eq!(outcome.field("Service/mongo", FIELD), "true\n");
        let probe = outcome.pod("StatefulSet/mongo", "containers[0].readinessProbe.exec.command");
        assert!(probe.contains("host:'mongo:27017'"), "{probe}");
    }

    #[test]
    fn members_that_minio_counts_find_each_other_before_they_are_ready() {
        let node = |name: &str| format!("{name}: {{ image: minio/minio, command: 'server http://minio{{1...2}}/data{{1...2}}' }}");
        let outcome = project(&format!("services: {{ {}, {}, {} }}", node("minio1"), node("minio2"), node("minio3"))).convert();
        assert_eq!(outcome.field("Service/minio1", FIELD), "true\n");
        assert_eq!(outcome.field("Service/minio2", FIELD), "true\n");
        assert_eq!(outcome.field("Service/minio3", FIELD), "null\n");
    }

    #[test]
    fn one_that_listens_on_its_own_name_has_a_name_that_leads_to_its_pod() {
        let outcome = project(
            "services: { broker: { image: 'confluentinc/cp-kafka:7.6.0', environment: { KAFKA_LISTENERS: 'PLAINTEXT://broker:29092', \
             KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://broker:29092' }, \
             healthcheck: { test: 'kafka-topics --bootstrap-server broker:29092 --list' } } }",
        )
        .convert();
        assert_eq!(outcome.field("Service/broker", "spec.clusterIP"), "None\n");
        assert_eq!(outcome.field("Service/broker", FIELD), "true\n");
        let probe = outcome.pod("StatefulSet/broker", "containers[0].readinessProbe.exec.command");
        assert!(probe.contains("--bootstrap-server broker:29092"), "{probe}");
    }

    #[test]
    fn one_that_listens_on_any_of_its_names_has_a_service_that_leads_to_its_pod() {
        let kafka = "image: 'confluentinc/cp-kafka:7.9.0', environment: { KAFKA_LISTENERS: 'PLAINTEXT://queue:9092' }";
        let own = |service: &str, name: &str| {
            let text = format!("services: {{ one: {{ {service} }}, ui: {{ image: acme/ui, environment: {{ K: '{name}:9092' }} }} }}");
            let outcome = project(&text).convert();
            [format!("Service/{name}"), "Service/one".to_owned()]
                .map(|object| (outcome.field(&object, "spec.clusterIP") == "None\n", outcome.field(&object, FIELD) == "true\n"))
        };
        for more in ["hostname: queue", "container_name: queue", "networks: { default: { aliases: [queue] } }"] {
            assert_eq!(own(&format!("{kafka}, {more}"), "queue"), [(true, true); 2], "{more}");
        }
        for command in ["[mongod, --replSet, rs0, --bind_ip, 'localhost,one']", "'mongod --replSet rs0 --bind_ip=localhost,one'"] {
            assert_eq!(own(&format!("image: 'mongo:7', command: {command}"), "one"), [(true, true); 2], "{command}");
        }
        assert_eq!(own("image: 'mongo:7', command: mongod --replSet one --bind_ip_all", "one"), [(false, false); 2]);
    }

    #[test]
    fn members_of_a_cluster_find_each_other_before_they_are_ready() {
        let node = |name: &str, peers: &str| {
            format!("{name}: {{ image: 'elasticsearch:8.17.0', environment: {{ node.name: {name}, discovery.seed_hosts: '{peers}' }} }}")
        };
        let outcome = project(&format!("services: {{ {}, {} }}", node("es1", "es2"), node("es2", "es1"))).convert();
        assert_eq!(outcome.field("Service/es1", FIELD), "true\n");
        assert_eq!(outcome.field("Service/es2-pods", FIELD), "true\n");
        let alone = project("services: { es: { image: 'elasticsearch:8.17.0' } }").convert();
        assert_eq!(alone.field("Service/es", FIELD), "null\n");
    }

    #[test]
    fn services_of_one_image_that_call_each_other_are_peers_and_those_that_share_a_word_are_not() {
        let two = |first: &str, second: &str| {
            let services = format!(
                "services: {{ app: {{ image: acme/app:1, environment: {{ {first} }} }}, worker: {{ image: acme/app:1, environment: {{ {second} }} }} }}"
            );
            project(&services).convert().field("Service/app", FIELD)
        };
        assert_eq!(two("PEER: 'http://worker:80'", "PEER_HOST: app"), "true\n");
        assert_eq!(two("QUEUE: worker, NAME: app", "QUEUE: worker, NAME: app"), "null\n");
        assert_eq!(two("PEER: 'http://worker:80'", "A: b"), "null\n");
    }
}
