//! Services that differ by a trailing number alone (`app1`, `app2`, `app3`) are one service, written several times.

use std::collections::BTreeMap;

use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Map, Node};

use super::Input;

/// Attributes that each container of its own has to have different.
const OWN: [&str; 3] = ["container_name", "hostname", "ports"];

/// Reports each group of such services.
pub(super) fn report(input: &Input<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut numbered: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, service) in input.project.services.iter().enumerate() {
        let stem = service.name.trim_end_matches(|last: char| last.is_ascii_digit());
        if !stem.is_empty() && stem.len() < service.name.len() {
            numbered.entry(stem).or_default().push(index);
        }
    }
    let Some(services) = input.tree.get("services") else { return };
    let map = |index: usize| services.get(&input.project.services[index].name).and_then(Node::as_map);
    for members in numbered.into_values().filter(|members| members.len() > 1) {
        let Some(first) = map(members[0]) else { continue };
        let alike: Vec<usize> = members.into_iter().filter(|member| map(*member).is_some_and(|other| is_alike(first, other))).collect();
        if alike.len() < 2 {
            continue;
        }
        let names: Vec<String> = alike.iter().map(|member| format!("`{}`", input.project.services[*member].name.value)).collect();
        let diagnostic = Diagnostic::note(Code("convert::alike"), format!("{} differ by their number alone", names.join(", ")))
            .because("each is a workload of one pod here; as one service they would be spread over nodes and updated in turn")
            .help(format!("write one service with `deploy.replicas: {}`; its name leads to all of its pods", alike.len()));
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
}
