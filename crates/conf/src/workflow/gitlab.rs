//! Jobs of GitLab CI.

use windlass_source::Span;
use windlass_yaml::{Key, Node, Value};

use crate::syntax::Word;
use crate::workflow::{Job, Step, Uses};
use crate::yaml;

/// Keys of the top level that are no jobs. CI/CD YAML syntax reference, "Global keywords" and "Unavailable names for jobs".
const RESERVED: [&str; 14] = [
    "image",
    "services",
    "stages",
    "types",
    "before_script",
    "after_script",
    "variables",
    "cache",
    "include",
    "true",
    "false",
    "nil",
    "default",
    "workflow",
];

pub(super) fn jobs(root: &Node) -> Vec<Job> {
    let is_job = |(key, node): &(&Key, &Node)| node.as_map().is_some() && !RESERVED.contains(&key.as_str());
    let job = |(key, node): (&Key, &Node)| {
        let image = node.get("image");
        Some(Job {
            name: yaml::key_word(key)?,
            uses: node.get("extends").map(yaml::words).unwrap_or_default().into_iter().map(Uses::new).collect(),
            image: image.and_then(|image| yaml::word(image).or_else(|| image.get("name").and_then(yaml::word))),
            steps: ["before_script", "script", "after_script"].into_iter().filter_map(|part| node.get(part)).flat_map(steps).collect(),
            may_fail: may_fail(node),
        })
    };
    root.as_map().into_iter().flat_map(|map| map.iter()).filter(is_job).filter_map(job).collect()
}

/// A step for each line; lists may hold lists, one deep.
fn steps(script: &Node) -> Vec<Step> {
    let line = |word: Word| Step { run: Some(word), ..Step::default() };
    match script.as_sequence() {
        Some(items) => items.iter().flat_map(yaml::words).map(line).collect(),
        None => yaml::word(script).map(line).into_iter().collect(),
    }
}

/// `allow_failure: true`; with exit codes some failures still count.
fn may_fail(node: &Node) -> Option<Span> {
    let (key, value) = node.as_map()?.get_entry("allow_failure")?;
    if matches!(value.value, Value::Bool(true)) { key.span.map(|span| value.span().map_or(span, |value| span.to(value))) } else { None }
}

/// `include`: a file, a list, or maps with `local`, `remote`, `template`, `component`, `file`.
pub(super) fn includes(root: &Node) -> Vec<Word> {
    let entry = |node: &Node| match node.as_map() {
        Some(map) => {
            ["local", "remote", "template", "component", "file"].into_iter().filter_map(|key| map.get(key)).flat_map(yaml::words).collect()
        }
        None => yaml::words(node),
    };
    match root.get("include") {
        Some(node) if node.as_sequence().is_some() => yaml::items(node).iter().flat_map(entry).collect(),
        Some(node) => entry(node),
        None => Vec::new(),
    }
}
