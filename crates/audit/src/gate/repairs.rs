//! What the conversion mended: findings of the project that its objects do not have.
//!
//! Something bad that is written is mended when no object has it: the place that the finding points at is the origin of no value, save of
//! one in a Secret. Something good that is missing is mended when the rules on objects that belong to the same control find nothing on the
//! pods of the service. What a cluster does of its own accord is mended by being there.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_source::Span;
use windlass_yaml::{Node, Value};

use super::grades::services;
use super::workloads::Workloads;
use crate::context::Context;
use crate::control::Control;
use crate::findings::Finding;
use crate::rule::{Check, Rule};
use crate::rules;
use crate::severity::Severity;
use crate::suppress::Suppressed;

/// Marks what is repaired.
pub(super) fn mark(findings: &mut [Finding], context: &Context, workloads: &Workloads<'_>) {
    let services: BTreeMap<&str, &Service> = services(context).map(|service| (service.name.value.as_str(), service)).collect();
    let failing = failing(findings);
    let looked_at: BTreeSet<Control> = rules::all().iter().filter(|rule| is_on_objects(rule)).map(|rule| rule.control).collect();
    let kept = Kept::of(context);
    for finding in findings.iter_mut().filter(|finding| finding.counts() && !is_on_objects(finding.rule)) {
        let control = finding.rule.control;
        let service = finding.service.as_ref().and_then(|name| services.get(name.as_str()).copied());
        // Where something is missing, the finding stands at the name of its service.
        let written = finding.span.filter(|span| service.is_some_and(|service| service.name.span() != Some(*span)));
        let passes = || {
            let fails = |pods: &SmolStr| failing.contains(&(pods.clone(), control));
            looked_at.contains(&control)
                && match service {
                    Some(service) => workloads.of_service(service).next().is_some() && !workloads.of_service(service).any(fails),
                    None => workloads.references().next().is_some() && !workloads.references().any(fails),
                }
        };
        let is_gone = || written.is_some_and(|span| !kept.has(span, control == Control::Secrets));
        let reason = match control {
            Control::Secrets if is_gone() => "it stands in a Secret, or in no object",
            Control::HostAccess | Control::Capabilities | Control::RuntimeHardening if is_gone() => "no object has it",
            // A guard that is switched off by name is seen by its place alone.
            Control::RuntimeHardening if written.is_some() => continue,
            Control::RestartPolicy => "the cluster starts containers again",
            Control::Logging if is_of_compose(finding.rule) => "the node rotates the logs of containers",
            Control::Addressing => "each Service has an address of its own",
            _ if passes() => "the objects have it",
            _ => continue,
        };
        finding.suppressed = Some(Suppressed { reason: reason.to_owned(), until: None, is_repaired: true });
    }
}

fn is_on_objects(rule: &Rule) -> bool {
    matches!(rule.check, Check::Object(_) | Check::Workload(_) | Check::Container(_))
}

fn is_of_compose(rule: &Rule) -> bool {
    matches!(rule.check, Check::Service(_) | Check::Stack(_))
}

/// The controls in which rules on objects find P1 or P2, by object.
fn failing(findings: &[Finding]) -> BTreeSet<(SmolStr, Control)> {
    let serious = findings.iter().filter(|finding| is_on_objects(finding.rule) && finding.grade.severity < Severity::P3);
    serious.filter_map(|finding| Some((finding.object.as_deref()?.into(), finding.rule.control))).collect()
}

/// The places whose values the objects have, Secrets left out.
struct Kept {
    /// In order; true for a value that stands in the clear: neither a name nor a reference.
    places: Vec<(Span, bool)>,
    /// The furthest end of the places up to each, in its file.
    ends: Vec<u32>,
}

impl Kept {
    fn of(context: &Context) -> Self {
        let mut places = Vec::new();
        for object in context.objects().filter(|object| object.kind() != "Secret") {
            add(object.root(), true, &mut places);
        }
        places.sort_unstable_by_key(|(span, is_clear)| (span.file, span.start, span.end, *is_clear));
        places.dedup();
        let mut furthest: Option<Span> = None;
        let mut ends = Vec::with_capacity(places.len());
        for (span, _) in &places {
            let before = furthest.filter(|before| before.file == span.file).map_or(0, |before| before.end);
            let end = before.max(span.end);
            furthest = Some(Span { end, ..*span });
            ends.push(end);
        }
        Self { places, ends }
    }

    /// True when a value came from the place, from within it, or from what it stands in; with `in_the_clear`, as itself.
    fn has(&self, place: Span, in_the_clear: bool) -> bool {
        let first = self.places.partition_point(|(span, _)| (span.file, span.start) < (place.file, place.start));
        let counts = |(_, is_clear): &(Span, bool)| *is_clear || !in_the_clear;
        let within = self.places[first..].iter().take_while(|(span, _)| span.file == place.file && span.start < place.end);
        let before = (0..first).rev().take_while(|at| self.places[*at].0.file == place.file && self.ends[*at] > place.start);
        let around = before.map(|at| &self.places[at]).filter(|(span, _)| span.end >= place.end);
        within.into_iter().any(counts) || around.into_iter().any(counts)
    }
}

fn add(node: &Node, is_clear: bool, places: &mut Vec<(Span, bool)>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| add(item, is_clear, places)),
        Value::Map(map) => {
            for (key, value) in map.iter() {
                add(value, is_clear && !matches!(key.as_str(), "name" | "valueFrom" | "envFrom" | "metadata"), places);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Timestamp(_) => {
            places.extend(node.span().map(|span| (span, is_clear)));
        }
    }
}
