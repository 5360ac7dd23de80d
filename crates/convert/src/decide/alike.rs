//! Services that differ by a trailing number alone (`app1`, `app2`, `app3`) are one service, written several times.

use std::collections::BTreeMap;

use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Map, Node};

use super::Input;

/// Attributes that each container of its own has to have different.
const OWN: [&str; 3] = ["container_name", "hostname", "ports"];

/// Groups of such services, by their places.
pub(super) fn groups(input: &Input<'_>) -> Vec<Vec<usize>> {
    let mut numbered: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, service) in input.project.services.iter().enumerate() {
        let stem = service.name.trim_end_matches(|last: char| last.is_ascii_digit());
        if !stem.is_empty() && stem.len() < service.name.len() {
            numbered.entry(stem).or_default().push(index);
        }
    }
    let Some(services) = input.tree.get("services") else { return Vec::new() };
    let map = |index: usize| services.get(&input.project.services[index].name).and_then(Node::as_map);
    let mut groups = Vec::new();
    for members in numbered.into_values().filter(|members| members.len() > 1) {
        let Some(first) = map(members[0]) else { continue };
        let alike: Vec<usize> = members.into_iter().filter(|member| map(*member).is_some_and(|other| is_alike(first, other))).collect();
        if alike.len() > 1 {
            groups.push(alike);
        }
    }
    groups
}

/// Reports each group.
pub(super) fn report(groups: &[Vec<usize>], input: &Input<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for alike in groups {
        let names: Vec<String> = alike.iter().map(|member| format!("`{}`", input.project.services[*member].name.value)).collect();
        let diagnostic = Diagnostic::note(Code("convert::alike"), format!("{} differ by their number alone", names.join(", ")))
            .because("each is a workload of one pod here; as one service they would be spread over nodes and updated in turn")
            .help(format!(
                "`--consolidate` makes them one; so does a service with `deploy.replicas: {}`, whose name leads to all of its pods",
                alike.len()
            ));
        let label = |diagnostic: Diagnostic, member: &usize| diagnostic.label(input.project.services[*member].name.span(), "");
        diagnostics.push(alike.iter().fold(diagnostic, label));
    }
}

fn is_alike(one: &Map, other: &Map) -> bool {
    let count = |map: &Map| map.iter().filter(|(key, _)| !OWN.contains(&key.as_str())).count();
    let is_same = |key: &str, value: &Node| OWN.contains(&key) || other.get(key).is_some_and(|other| value.same_value(other));
    count(one) == count(other) && one.iter().all(|(key, value)| is_same(key.as_str(), value))
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    fn alike(text: &str) -> Vec<String> {
        let outcome = project(text).convert();
        outcome.diagnostics().into_iter().filter(|line| line.starts_with("convert::alike")).collect()
    }

    #[test]
    fn services_that_differ_by_their_number_alone_are_one_service() {
        assert_eq!(
            alike(
                "services: { app1: { image: acme/app:1, container_name: one, ports: ['81:80'] }, app2: { image: acme/app:1, ports: ['82:80'] }, \
                 app3: { image: acme/app:1 }, app4: { image: acme/app:2 } }"
            ),
            ["convert::alike: `app1`, `app2`, `app3` differ by their number alone"]
        );
        assert_eq!(
            alike(
                "services: { app1: { image: acme/app:1, environment: { N: 1 } }, app2: { image: acme/app:1 }, web: { image: acme/web:1 } }"
            ),
            [""; 0]
        );
    }

    #[test]
    fn consolidated_they_are_one_workload_under_all_their_names() {
        let outcome = project(
            "services: { app1: { image: acme/app:1, ports: ['81:80'], volumes: ['data:/data'] }, app2: { image: acme/app:1, ports: ['82:80'], \
             volumes: ['data:/data'] }, web: { image: nginx:1.27, environment: { UPSTREAM_HOST: app2 }, \
             depends_on: { app2: { condition: service_healthy } } } }\nvolumes: { data: {} }",
        )
        .options(|options| options.consolidate = true)
        .convert();
        insta::assert_snapshot!(outcome.names().join("\n"), @"
        PersistentVolumeClaim/data
        Service/app1
        Service/app2
        Service/web
        Deployment/app1
        Deployment/web
        ");
        assert_eq!(outcome.field("Deployment/app1", "spec.replicas"), "2\n");
        assert_eq!(outcome.field("Service/app2", "spec.selector[\"app.kubernetes.io/name\"]"), "app1\n");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "initContainers[0].command[4]"), @"app1");
        insta::assert_snapshot!(outcome.fates("services.app2"), @"
        services.app2.image: approximated → Deployment/app1 spec.replicas (one of the pods of `app1`, to which its name leads too)
        services.app2.ports[0].target: approximated → Deployment/app1 spec.replicas (one of the pods of `app1`, to which its name leads too)
        services.app2.ports[0].published: approximated → Deployment/app1 spec.replicas (one of the pods of `app1`, to which its name leads too)
        services.app2.volumes[0].source: approximated → Deployment/app1 spec.replicas (one of the pods of `app1`, to which its name leads too)
        services.app2.volumes[0].target: approximated → Deployment/app1 spec.replicas (one of the pods of `app1`, to which its name leads too)
        ");
        assert_eq!(outcome.diagnostics().iter().filter(|line| line.starts_with("convert::alike")).count(), 0);
    }
}
