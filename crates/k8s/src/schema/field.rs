//! What the table says of one field: its type, the versions that have it, what stands beneath it.

use super::table::{self, Base, Type, Wrap, structure};
use super::{KindInfo, Version, kinds};

/// A field of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// The kind.
    pub kind: KindInfo,
    /// From the root of the object, items of lists as `[]`, keys of maps as `*`: `spec.template.spec.containers[].env[].value`.
    pub path: String,
    /// As Go's reflection prints it: `[]v1.Container`.
    pub type_name: String,
    /// The versions that have it, the oldest first.
    pub versions: Vec<Version>,
    /// What stands beneath it, with its type, by name.
    pub fields: Vec<(&'static str, String)>,
}

/// The field at `path` (`spec.ports[0].targetPort`, indices may be left out) of every kind that has it in the newest version, the
/// workloads first. The kind may stand before the path, as `Service.spec.ports` or `Service/web spec.ports`; without it, a path is only
/// known below `spec` or `metadata`.
pub fn find_field(text: &str) -> Vec<FieldInfo> {
    let (named, path) = split(text);
    let mut found: Vec<FieldInfo> = kinds(Version::NEWEST)
        .filter(|kind| kind.is_served_by_default())
        .filter(|kind| named.as_ref().is_none_or(|named| named.eq_ignore_ascii_case(kind.kind) || named.eq_ignore_ascii_case(kind.plural)))
        .filter_map(|kind| field(kind, &path))
        .collect();
    let order = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "Service", "Ingress"];
    found.sort_by_key(|field| (order.iter().position(|kind| *kind == field.kind.kind).unwrap_or(order.len()), field.kind.api_version));
    found
}

/// The kind before a path, and the path.
fn split(text: &str) -> (Option<String>, Vec<String>) {
    let text = text.trim();
    if let Some((object, path)) = text.split_once(' ') {
        let kind = object.split('/').next().unwrap_or_default();
        return (Some(kind.to_owned()), steps(path));
    }
    let mut steps = steps(text);
    match steps.first() {
        Some(first) if first != "spec" && first != "metadata" => {
            let kind = steps.remove(0);
            (Some(kind.split('/').next().unwrap_or_default().to_owned()), steps)
        }
        _ => (None, steps),
    }
}

/// The names in a path, without indices.
fn steps(path: &str) -> Vec<String> {
    path.split('.').map(|step| step.split('[').next().unwrap_or_default().to_owned()).filter(|step| !step.is_empty()).collect()
}

/// The field of one kind.
fn field(kind: KindInfo, path: &[String]) -> Option<FieldInfo> {
    let versions = [33, 34, 35, 36, 37].map(Version::nearest);
    let known: Vec<(Version, (String, Type))> =
        versions.into_iter().filter_map(|version| Some((version, walk(kind.type_index, path, version)?))).collect();
    let (_, (shown, field)) = known.last()?.clone();
    let newest = known.last().map_or(Version::NEWEST, |(version, _)| *version);
    let fields = match field.base() {
        Base::Struct(index) => structure(index).fields(newest).map(|field| (field.name, field.kind.go_name())).collect(),
        _ => Vec::new(),
    };
    Some(FieldInfo {
        kind,
        path: shown,
        type_name: field.go_name(),
        versions: known.into_iter().map(|(version, _)| version).collect(),
        fields,
    })
}

/// The path as it is shown, and the type at its end.
fn walk(index: u16, path: &[String], version: Version) -> Option<(String, Type)> {
    let mut at = Type::of_struct(index);
    let mut shown = String::new();
    for step in path {
        while at.wrap == Some(Wrap::List) {
            shown.push_str("[]");
            at = at.element();
        }
        if at.wrap == Some(Wrap::Map) {
            shown.push_str(".*");
            at = at.element();
            continue;
        }
        let Base::Struct(index) = at.base() else { return None };
        at = table::structure(index).field(step, version)?.kind;
        if !shown.is_empty() {
            shown.push('.');
        }
        shown.push_str(step);
    }
    Some((shown, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_however_they_are_written() {
        let check = |text: &str, expect: &str| {
            let told = find_field(text).first().map(|field| format!("{} {}: {}", field.kind.kind, field.path, field.type_name));
            assert_eq!(told.as_deref(), Some(expect), "{text}");
        };
        check("Service.spec.ports[0].targetPort", "Service spec.ports[].targetPort: intstr.IntOrString");
        check("Deployment/web spec.replicas", "Deployment spec.replicas: int32");
        check("spec.template.spec.containers[0].env[0].value", "Deployment spec.template.spec.containers[].env[].value: string");
        check("deployments.metadata.labels.app", "Deployment metadata.labels.*: string");
        check("Pod", "Pod : v1.Pod");
        for text in ["spec.replicants", "Service.spec.replicas", "Nothing.spec", "", "."] {
            assert!(find_field(text).iter().all(|field| field.path.is_empty()), "{text}");
        }
    }
}
