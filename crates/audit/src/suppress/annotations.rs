//! Suppressions in annotations of Kubernetes objects: `windlass.dev/ignore`, and those that kube-linter, kube-score, Polaris and
//! checkov read. An annotation covers its object; one of a pod template covers the template.

use windlass_k8s::view::{Fields as _, Workload, text};
use windlass_source::Span;
use windlass_yaml::Node;

use super::{Covers, Suppression};

/// Every list of rules that an object may be judged by, for annotations that mean "all".
const ALL: [&str; 4] = ["KW", "KN", "KR", "KV"];

/// Reads the annotations of an object, and of the pods that it makes.
pub(super) fn read(root: &Node, all: &mut Vec<Suppression>) {
    of(root, all);
    if let Some(workload) = Workload::of(root).filter(|workload| !std::ptr::eq(workload.template, root)) {
        of(workload.template, all);
    }
}

fn of(node: &Node, all: &mut Vec<Suppression>) {
    let (Some(metadata), Some(range)) = (node.field("metadata"), node.span()) else { return };
    for (key, value) in metadata.entries("annotations") {
        let written = key.span.or(value.span());
        let value = text(value).unwrap_or_default();
        match key.as_str() {
            "windlass.dev/ignore" => all.extend(own(value, range, written)),
            name => all.extend(foreign(name, value).map(|(rules, reason)| Suppression {
                is_foreign: true,
                ..Suppression::new(rules, Covers::Range(range), written).because(reason)
            })),
        }
    }
}

/// `RULE[,…] REASON [until=DAY]`, several of them on lines of their own or between semicolons.
fn own(value: &str, range: Span, written: Option<Span>) -> impl Iterator<Item = Suppression> {
    value.split(['\n', ';']).map(str::trim).filter(|entry| !entry.is_empty()).map(move |entry| {
        let (rules, reason) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
        let rules = rules.trim_end_matches(':').split(',').filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
        Suppression::new(rules, Covers::Range(range), written).because(reason)
    })
}

/// The rules and the reason of another tool's annotation.
fn foreign<'v>(name: &str, value: &'v str) -> Option<(Vec<String>, &'v str)> {
    let every = || ALL.map(str::to_owned).to_vec();
    if let Some(check) = name.strip_prefix("ignore-check.kube-linter.io/") {
        return Some((vec![check.to_owned()], value));
    }
    if let Some(check) = name.strip_prefix("polaris.fairwinds.com/") {
        let check = check.strip_suffix("exempt").filter(|_| value == "true")?;
        return Some((if check.is_empty() { every() } else { vec![check.trim_end_matches('-').to_owned()] }, ""));
    }
    if name.strip_prefix("checkov.io/skip").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        let (rule, reason) = value.split_once('=').unwrap_or((value, ""));
        return Some((vec![rule.trim().to_owned()], reason));
    }
    match name {
        "kube-linter.io/ignore-all" => Some((every(), value)),
        "kube-score/ignore" => Some((value.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect(), "")),
        _ => None,
    }
}
