//! Services that wait for each other. Without recursion: a chain of `depends_on` can be as long as the project.

use std::collections::BTreeMap;

use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Map, Node};

use crate::loader::Loader;

const CYCLE: Code = Code("compose::depends-on-cycle");

/// Cycles that are told; services that all wait for each other make far more.
const MAX_CYCLES: usize = 20;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Reports cycles of `depends_on`, in the order of the services.
pub(crate) fn check(loader: &mut Loader<'_>, services: &Map) {
    let index: BTreeMap<&str, usize> = services.keys().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
    let names: Vec<&str> = services.keys().map(|key| key.as_str()).collect();
    let edges: Vec<Vec<(usize, &Node, Option<windlass_source::Span>)>> = services
        .values()
        .map(|service| {
            let on = service.get("depends_on").and_then(Node::as_map);
            on.into_iter()
                .flat_map(Map::iter)
                .filter_map(|(key, node)| Some((*index.get(key.as_str())?, node, key.span.or(node.span()))))
                .collect()
        })
        .collect();
    let mut marks = vec![Mark::New; names.len()];
    let mut found = 0;
    for start in 0..names.len() {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        // (service, next edge)
        let mut way = vec![(start, 0)];
        while let Some((service, next)) = way.last_mut() {
            let service = *service;
            let Some(&(target, _, span)) = edges[service].get(*next) else {
                marks[service] = Mark::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match marks[target] {
                Mark::Done => {}
                Mark::New => {
                    marks[target] = Mark::Open;
                    way.push((target, 0));
                }
                Mark::Open if found == MAX_CYCLES => {}
                Mark::Open => {
                    found += 1;
                    let from = way.iter().position(|(open, _)| *open == target).unwrap_or(0);
                    let mut cycle: Vec<&str> = way[from..].iter().map(|(open, _)| names[*open]).collect();
                    cycle.push(names[target]);
                    if cycle.len() > 8 {
                        let tail = cycle.len() - 3;
                        cycle.splice(4..tail, ["…"]);
                    }
                    loader.report(
                        Diagnostic::error(CYCLE, format!("services wait for each other: {}", cycle.join(" → ")))
                            .at(span)
                            .because("each of them would start after the others, so none starts")
                            .help("remove one of these dependencies"),
                    );
                }
            }
        }
    }
}
