//! Jobs of GitHub Actions.

use windlass_source::Span;
use windlass_yaml::{Key, Node, Value};

use crate::workflow::{Job, Step, Uses};
use crate::yaml;

pub(super) fn jobs(root: &Node) -> Vec<Job> {
    let job = |(key, node): (&Key, &Node)| {
        let container = node.get("container");
        Some(Job {
            name: yaml::key_word(key)?,
            uses: node.get("uses").and_then(yaml::word).map(Uses::new).into_iter().collect(),
            image: container.and_then(|container| yaml::word(container).or_else(|| container.get("image").and_then(yaml::word))),
            steps: node.get("steps").map_or(&[][..], yaml::items).iter().map(step).collect(),
            may_fail: may_fail(node),
        })
    };
    root.get("jobs").and_then(Node::as_map).into_iter().flat_map(|map| map.iter()).filter_map(job).collect()
}

fn step(node: &Node) -> Step {
    Step {
        name: node.get("name").and_then(yaml::word),
        uses: node.get("uses").and_then(yaml::word).map(Uses::new),
        with: node.get("with").map(yaml::pairs).unwrap_or_default(),
        run: node.get("run").and_then(yaml::word),
        may_fail: may_fail(node),
    }
}

/// `continue-on-error: true`. An expression may be either, and is not taken for it.
fn may_fail(node: &Node) -> Option<Span> {
    let (key, value) = node.as_map()?.get_entry("continue-on-error")?;
    if matches!(value.value, Value::Bool(true)) { key.span.map(|span| value.span().map_or(span, |value| span.to(value))) } else { None }
}
