//! What `windlass explain` says of a field of Kubernetes: its type, and which attributes of Compose become it.

use std::fmt::Write as _;

use windlass_compose::model::attribute;
use windlass_convert::support;
use windlass_k8s::schema::{FieldInfo, Version, find_field};
use windlass_yaml::Path;

/// At most this many attributes are named.
const NAMED: usize = 12;

/// The text about a field, `Service.spec.ports` or `spec.template.spec.containers[0].env`; `None` where no kind has it.
pub(crate) fn explain(name: &str) -> Option<String> {
    let found = find_field(name);
    let first = found.iter().find(|field| !field.path.is_empty())?;
    let FieldInfo { kind, path, type_name, versions, fields } = first;
    let mut text = format!("{} {path}: {type_name}\n\n{} of {}", kind.kind, kind.kind, kind.api_version);
    if let (Some(from), Some(to)) = (versions.first(), versions.last())
        && (*from > Version::OLDEST || *to < Version::NEWEST)
    {
        let _ = write!(text, ", in Kubernetes {from} to {to}");
    }
    let others: Vec<&str> = found.iter().skip(1).filter(|field| field.path == *path).map(|field| field.kind.kind).collect();
    if !others.is_empty() {
        let _ = write!(text, "; also of {}", others.join(", "));
    }
    text.push_str(".\n");
    if !fields.is_empty() {
        text.push_str("\nBeneath it:\n");
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, type_name) in fields {
            let _ = writeln!(text, "  {name:width$}  {type_name}");
        }
    }
    let from = attributes(first);
    if !from.is_empty() {
        text.push_str("\nWhat becomes it (`windlass explain ATTRIBUTE` tells more):\n");
        for name in from.iter().take(NAMED) {
            let _ = writeln!(text, "  {name}");
        }
        if from.len() > NAMED {
            let _ = writeln!(text, "  and {} more", from.len() - NAMED);
        }
    }
    Some(text)
}

/// The attributes that become a field or what stands beneath it, by the documented cases. Workloads have their pods in common.
fn attributes(field: &FieldInfo) -> Vec<String> {
    let is_workload = |kind: &str| matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob");
    let wanted = plain(&field.path);
    let goes_there = |place: &str| {
        let Some((object, path)) = place.split_once(' ') else { return false };
        let kind = object.split('/').next().unwrap_or_default();
        let path = plain(path);
        let is_kind = kind == field.kind.kind || (is_workload(kind) && is_workload(field.kind.kind));
        is_kind && path.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut names: Vec<String> = support::documents()
        .iter()
        .flat_map(|document| &document.cases)
        .flat_map(support::Case::entries)
        .filter(|entry| entry.places.iter().any(|place| goes_there(place)))
        .flat_map(|entry| entry.paths)
        .map(|path| attribute(&Path::parse(path)))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A path without indices, and a CronJob's as that of a Job.
fn plain(path: &str) -> String {
    let steps: Vec<&str> = path.split('.').map(|step| step.split('[').next().unwrap_or_default()).collect();
    steps.join(".").replace("spec.jobTemplate.", "")
}
